() => {
  // Read a drawing while the pen still moves: Gradio's sketchpad tells of it only when the pen
  // lifts. A small copy of the canvas goes to the plain HTTP side, and what comes back is shown in a
  // copy of the answer's box, which makes way for the full answer.
  const SIDE = 140; // px of the copy
  const LEAST = 150, MOST = 0.9 * SIDE * SIDE; // px of ink: more than a dot, and a painted frame
  const PAUSE = 100; // ms between two questions at the least
  const PATIENCE = 4000; // ms for the full answer to come; if it is the same as before, none does
  const RETRY = 5000; // ms of silence where the server is busy

  const pad = document.querySelector("#sketch");
  const full = pad.closest(".reader").querySelector(".html-container:has(.answer)");
  let soFar = null; // the copy of it that is shown in its place
  const address = new URL("api/predict", location.origin + location.pathname.replace(/\/?$/, "/"));
  let stroke = null; // the one being drawn
  let asking = false, moved = false, quietUntil = 0, patience = 0;

  // Only in a frame that Gradio has painted, before the browser shows it, can the canvas be copied.
  const copyCanvas = () => {
    const canvas = pad.querySelector("canvas");
    const frame = pad.querySelector(".image-container")?.getBoundingClientRect();
    if (!canvas || !frame) return null;
    const whole = canvas.getBoundingClientRect();
    const scale = canvas.width / whole.width;
    const copy = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    const pen = copy.getContext("2d", { willReadFrequently: true });
    pen.drawImage(canvas, (frame.x - whole.x) * scale, (frame.y - whole.y) * scale,
      frame.width * scale, frame.height * scale, 0, 0, SIDE, SIDE);
    const pixels = pen.getImageData(0, 0, SIDE, SIDE).data;
    let ink = 0;
    for (let i = 0; i < pixels.length; i += 4) ink += pixels[i] < 128;
    return ink > LEAST && ink < MOST ? copy : null;
  };

  const percent = share => {
    if (share >= 0.9995) return "> 99.9\u00a0%";
    return share < 0.0005 ? "< 0.1\u00a0%" : `${(share * 100).toFixed(1)}\u00a0%`;
  };

  const show = reading => {
    if (!soFar) {
      soFar = full.cloneNode(true);
      soFar.classList.add("so-far");
      for (const marked of soFar.querySelectorAll("[id]")) marked.removeAttribute("id");
      soFar.querySelector("[role=status]").removeAttribute("role"); // only full answers are said aloud
      full.before(soFar);
    }
    soFar.querySelector(".answer").className = `answer ${reading.accepted ? "sure" : "unsure"}`;
    soFar.querySelector(".digit").textContent = reading.digit;
    soFar.querySelector(".words").textContent = `So far: ${reading.accepted ? "" : "perhaps "}${reading.digit}`;
    soFar.querySelectorAll(".guesses li").forEach((bar, digit) => {
      const share = reading.probabilities[digit];
      bar.className = digit === reading.digit ? "first" : "";
      bar.querySelector(".bar").style.setProperty("--share", share);
      bar.querySelector(".share").textContent = percent(share);
    });
  };

  const makeWay = () => {
    soFar?.remove();
    soFar = null;
  };

  // Gradio paints only for a while after the pen's last move, and not yet in the frame it wakes in.
  const paint = async () => {
    pad.querySelector("canvas")?.dispatchEvent(new Event("pointerenter"));
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  };

  const ask = async asked => {
    await paint();
    const copy = copyCanvas();
    if (!copy || asked !== stroke) return;
    const picture = await new Promise(resolve => copy.toBlob(resolve));
    try {
      const response = await fetch(address, { method: "POST", body: picture });
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
      await ask(stroke);
      await new Promise(resolve => setTimeout(resolve, PAUSE));
    }
    asking = false;
  };

  pad.addEventListener("pointerdown", event => {
    if (event.target.matches("canvas")) stroke = {};
  });
  document.addEventListener("pointermove", () => {
    moved = true;
    if (stroke && !asking) askInTurn();
  });
  const lift = () => {
    if (!stroke) return;
    stroke = null;
    clearTimeout(patience);
    patience = setTimeout(() => stroke || makeWay(), PATIENCE);
  };
  for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, lift);
  const changes = { childList: true, subtree: true, characterData: true, attributes: true };
  new MutationObserver(() => stroke || makeWay()).observe(full, changes);
}
