() => {
  // Show inside a network what is drawn while the pen moves: the picture goes to the plain HTTP side,
  // and what comes back fills the places of the tab's template that are marked by data-picture,
  // data-text and data-share, where it differs. So does a mistaken test image.
  const APART = 60; // ms from one question to the next, at the least
  const RETRY = 5000; // ms of silence where the server is busy
  const address = new URL("api/inside", location.origin + location.pathname.replace(/\/?$/, "/"));
  let source = null; // gives the picture that is shown, null where it is blank
  let asking = false, again = false;

  const box = () => document.querySelector("#inside .inside[data-network]:not([data-network=''])");
  const pause = time => new Promise(resolve => setTimeout(resolve, time));

  // Paints pixels that came as bytes, of grey or of red, green and blue.
  const painted = new WeakMap();
  const paint = (canvas, { width, height, data }) => {
    if (painted.get(canvas) === data) return;
    painted.set(canvas, data);
    const bytes = atob(data), image = new ImageData(width, height);
    const colours = bytes.length / (width * height);
    image.data.forEach((_, i) => {
      const pixel = Math.floor(i / 4) * colours, colour = colours === 3 ? i % 4 : 0;
      image.data[i] = i % 4 === 3 ? 255 : bytes.charCodeAt(pixel + colour);
    });
    Object.assign(canvas, { width, height }).getContext("2d").putImageData(image, 0, 0);
  };
  const write = (place, text) => { if (place.textContent !== text) place.textContent = text; };
  const stays = canvas => canvas.closest("[data-still]") && painted.has(canvas); // whatever is drawn

  const show = look => {
    const place = box();
    if (!place || place.dataset.network !== look.network) return;
    place.dataset.prompt ??= place.querySelector(".words").textContent;
    place.dataset.filled = "";
    place.className = `answer inside ${look.state}`;
    place.querySelector(".words").textContent = look.words;
    for (const canvas of place.querySelectorAll("[data-picture]")) {
      const picture = look.pictures[canvas.dataset.picture];
      if (picture) paint(canvas, picture);
      canvas.hidden = !picture && !stays(canvas);
    }
    for (const text of place.querySelectorAll("[data-text]")) write(text, look.texts[text.dataset.text] ?? "");
    for (const bar of place.querySelectorAll("[data-share]")) bar.style.setProperty("--share", look.shares[bar.dataset.share] ?? 0);
    for (const row of place.querySelectorAll("[data-row]")) row.classList.toggle("first", row.dataset.row === look.first);
  };

  const askOnce = async () => {
    const place = box();
    if (!source || !place?.checkVisibility()) return;
    const picture = await source();
    if (!picture) {
      const { network, prompt } = place.dataset;
      if (prompt) show({ network, words: prompt, state: "empty", pictures: {}, texts: {}, shares: {} });
      return;
    }
    const wanted = [...place.querySelectorAll("details[open]")].filter(details => !stays(details.querySelector("canvas")));
    const open = wanted.map(details => details.dataset.all);
    const url = new URL(address);
    url.search = new URLSearchParams({ network: place.dataset.network, all: open.join(",") });
    try {
      const response = await fetch(url, { method: "POST", body: picture });
      if (!response.ok) throw new Error(response.statusText);
      const look = await response.json();
      if (look.pictures) show(look);
    } catch {
      await pause(RETRY);
    }
  };

  const ask = async () => {
    again = true;
    if (asking) return;
    asking = true;
    while (again) {
      again = false;
      await Promise.all([askOnce(), pause(APART)]);
    }
    asking = false;
  };

  document.addEventListener("ink", event => {
    const pad = event.target.closest("#inside-sketch");
    if (!pad) return;
    source = () => pad.querySelector(".canvas").drawing.file();
    ask();
  });
  document.addEventListener("toggle", event => event.target.matches("#inside details[open]") && ask(), true);
  document.addEventListener("click", event => {
    const cell = event.target.closest("[data-pair]");
    if (cell) {
      for (const other of document.querySelectorAll("[data-pair]")) other.setAttribute("aria-pressed", other === cell);
      for (const image of document.querySelectorAll("[data-of]")) image.hidden = image.dataset.of !== cell.dataset.pair;
    }
    const wrong = event.target.closest("[data-wrong]");
    if (wrong) {
      const picture = wrong.querySelector("img").src;
      source = async () => (await fetch(picture)).blob();
      ask();
      document.querySelector("#inside .inside").scrollIntoView({ block: "start" });
    }
  });
  // Another network, or the tab that was opened: its places are still empty.
  const tend = () => { const place = box(); if (place && !("filled" in place.dataset) && source) ask(); };
  new MutationObserver(tend).observe(document.body, { childList: true, subtree: true });
}
