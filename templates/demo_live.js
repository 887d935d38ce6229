() => {
  // Read a drawing while the pen still moves. The canvas tells Gradio of it only when the pen lifts;
  // meanwhile its picture goes to the plain HTTP side, and what comes back is shown in a copy of the
  // answer's box, which makes way for the full answer.
  const APART = 60; // ms from one question to the next, at the least
  const RETRY = 5000; // ms of silence where the server is busy

  const pad = document.querySelector("#sketch");
  const reader = pad.closest(".reader");
  const full = reader.querySelector(".html-container:has(.answer)");
  let soFar = null; // the copy of it that is shown in its place
  const address = new URL("api/live", location.origin + location.pathname.replace(/\/?$/, "/"));
  let stroke = null; // the one being drawn
  let asking = false, moved = false, quietUntil = 0;

  const drawing = () => pad.querySelector(".canvas").drawing;
  const isBlank = () => !drawing().strokes.length;

  const copy = () => {
    soFar = full.cloneNode(true);
    soFar.classList.add("so-far");
    for (const marked of soFar.querySelectorAll("[id]")) marked.removeAttribute("id");
    soFar.querySelector("[role=status]").removeAttribute("role"); // only full answers are said aloud
    soFar.querySelector(".hint").textContent = "";
    full.before(soFar);
  };

  const show = ({ state, sure, words, shown, bars }) => {
    if (!soFar) copy();
    const kind = state === "page" ? (sure ? "sure" : "unsure") : state;
    soFar.querySelector(".answer").className = `answer ${kind}`;
    soFar.querySelector(".words").textContent = words;
    const digit = soFar.querySelector(".digit");
    if (digit) {
      digit.textContent = shown;
      digit.style.setProperty("--length", shown.length);
    }
    soFar.querySelectorAll(".guesses li").forEach((row, place) => {
      const { first, percent, probability } = bars[place];
      row.className = first ? "first" : "";
      row.querySelector(".bar").style.setProperty("--share", probability);
      row.querySelector(".share").textContent = percent;
    });
  };

  const makeWay = () => {
    soFar?.remove();
    soFar = null;
  };

  const ask = async asked => {
    const picture = drawing().file();
    if (!picture) return; // all of it erased
    try {
      const response = await fetch(address, { method: "POST", body: picture });
      if (response.status === 400) return; // a dot, so far
      if (!response.ok) throw new Error(response.statusText);
      const reading = await response.json();
      if (asked === stroke) show(reading); // else the full answer is on its way, or there
    } catch {
      quietUntil = Date.now() + RETRY;
    }
  };

  const askInTurn = async () => {
    asking = true;
    while (moved && stroke && Date.now() > quietUntil) {
      moved = false;
      const apart = new Promise(resolve => setTimeout(resolve, APART));
      await Promise.all([ask(stroke), apart]);
    }
    asking = false;
  };

  pad.addEventListener("ink", ({ detail }) => {
    if (detail.down) {
      stroke ??= {};
      moved = true;
      if (!asking) askInTurn();
    } else {
      stroke = null;
      if (isBlank()) makeWay();
      reader.toggleAttribute("data-awaits", !(isBlank() && full.querySelector(".answer.empty")));
    }
  });
  document.addEventListener("answered", ({ target, detail: answer }) => {
    if (stroke || !reader.contains(target)) return;
    if (isBlank() ? answer.state !== "empty" : answer.drawing !== drawing().id) return; // an older one
    makeWay();
    reader.removeAttribute("data-awaits");
  });
  document.body.dataset.ready = "";
  document.dispatchEvent(new Event("ready"));
}
