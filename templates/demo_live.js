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
  const address = new URL("api/predict?quick=1", location.origin + location.pathname.replace(/\/?$/, "/"));
  let stroke = null; // the one being drawn
  let asking = false, moved = false, quietUntil = 0;

  const drawing = () => pad.querySelector(".canvas").drawing;
  const isBlank = () => !drawing().strokes.length;

  const percent = share => {
    const shown = share >= 0.9995 ? "99.9" : share < 0.0005 ? "0.1" : (share * 100).toFixed(1);
    const sign = share >= 0.9995 ? "> " : share < 0.0005 ? "< " : "";
    return sign + "@@percent_live@@".replace("NUMBER", shown.replace(".", "@@decimal@@"));
  };

  // The probabilities of all answers, "no digit" among them.
  const sharesOf = ({ probabilities, digit_probability: digit }) =>
    digit === null ? probabilities : [...probabilities.map(share => share * digit), 1 - digit];

  const copy = () => {
    soFar = full.cloneNode(true);
    soFar.classList.add("so-far");
    for (const marked of soFar.querySelectorAll("[id]")) marked.removeAttribute("id");
    soFar.querySelector("[role=status]").removeAttribute("role"); // only full answers are said aloud
    soFar.querySelector(".hint").textContent = "";
    full.before(soFar);
  };

  const show = reading => {
    if (!soFar) copy();
    const number = reading.number ?? reading.lines?.join(" ");
    const sure = reading.digits ? reading.digits.every(mark => mark.accepted) : reading.accepted;
    const shares = sharesOf(reading);
    const first = shares.indexOf(Math.max(...shares));
    const text = number ?? (first === 10 ? "?" : String(reading.digit));
    const sentence = sure ? "@@so_far_live@@" : first === 10 && !number ? "@@so_far_none@@" : "@@so_far_unsure_live@@";
    soFar.querySelector(".answer").className = `answer ${sure ? "sure" : "unsure"}`;
    soFar.querySelector(".words").textContent = sentence.replace("WHAT", text);
    const digit = soFar.querySelector(".digit");
    if (digit) {
      digit.textContent = text;
      digit.style.setProperty("--length", text.length);
    }
    soFar.querySelectorAll(".guesses li").forEach((bar, place) => {
      const share = number ? 0 : shares[place] ?? 0;
      bar.className = place === first && !number ? "first" : "";
      bar.querySelector(".bar").style.setProperty("--share", share);
      bar.querySelector(".share").textContent = number ? "" : percent(share);
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
