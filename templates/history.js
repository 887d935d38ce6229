// The drawings of this visit with their answers: kept in the browser's tab alone, and gone with it.
// Gradio runs this once, with its `element`. The answer's box sends "answered" with each answer.
const MOST = 20;
const CARD = { width: 800, height: 800 }; // px
const WRITTEN = { dateStyle: "long", timeStyle: "short" }; // 12/3 is not the same day everywhere
const page = element.closest(".contain > *"); // Gradio scopes the style sheet to what is in there
const strip = element.querySelector(".strip");
const drawing = () => document.querySelector("#sketch .canvas").drawing;
const KEPT = "drawings"; // in the storage of the tab, which may be full, or forbidden
let chosen = null; // the number of the drawing that is on the canvas

const recall = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
    return kept.map(entry => ({ ...entry, time: new Date(entry.time) }));
  } catch {
    return [];
  }
};
const keep = () => {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(entries));
  } catch { /* then they are gone with the page */ }
};
let entries = recall(); // the last one drawn comes first

const confidence = ({ marks, bars }) =>
  marks ? marks.map(mark => `${mark.char}: ${mark.percent}`).join(", ")
    : bars.find(bar => bar.first)?.percent ?? "";

const show = () => {
  keep();
  element.querySelector(".kept").hidden = !entries.length;
  for (const name of ["csv", "zip", "forget"]) button(name).disabled = !entries.length;
  button("card").disabled = !entries.some(entry => entry.number === chosen);
  const told = entries.filter(entry => entry.right !== null);
  const right = told.filter(entry => entry.right).length;
  const score = "@@score_live@@".replace("RIGHT", right).replace("ALL", told.length);
  element.querySelector(".score").textContent = told.length ? score : "";
  strip.replaceChildren(...entries.map(item));
};

const item = entry => {
  const made = element.querySelector("template").content.firstElementChild.cloneNode(true);
  made.querySelector("img").src = entry.picture;
  made.querySelector("b").textContent = entry.shown;
  made.classList.toggle("chosen", entry.number === chosen);
  const back = made.querySelector(".back");
  back.setAttribute("aria-label", `@@bring_back@@: ${entry.words}`);
  back.addEventListener("click", () => drawing().bringBack(entry.strokes, entry.number));
  for (const tick of made.querySelectorAll("[data-right]")) {
    const says = tick.dataset.right === "true";
    tick.setAttribute("aria-pressed", entry.right === says);
    tick.setAttribute("aria-label", `${tick.title}: ${entry.words}`);
    tick.addEventListener("click", () => {
      entry.right = entry.right === says ? null : says;
      show();
      focusOn(entry, says);
    });
  }
  return made;
};

// The strip was made anew: the focus returns to the button that was pressed.
const focusOn = (entry, says) => strip.children[entries.indexOf(entry)]
  .querySelector(`[data-right=${says}]`).focus();

document.addEventListener("answered", ({ detail: answer }) => {
  const { id, number, strokes, picture } = drawing();
  chosen = number;
  if (answer.state !== "empty" && answer.drawing === id) {
    const known = entries.find(entry => entry.number === number);
    const entry = known ?? { number, right: null };
    Object.assign(entry, {
      strokes, picture: picture(strokes).toDataURL(), time: new Date(), words: answer.words,
      shown: answer.shown ?? answer.text.join(" / "), confidence: confidence(answer),
    });
    if (!known) entries = [entry, ...entries].slice(0, MOST);
  }
  show();
});

const save = (name, blob) => {
  const link = Object.assign(document.createElement("a"), { download: name });
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

const stamp = time => new Date(time - time.getTimezoneOffset() * 60000).toISOString().slice(0, 19);

const cardOf = async entry => {
  const card = Object.assign(document.createElement("canvas"), CARD);
  const pen = card.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, CARD.width, CARD.height);
  const image = Object.assign(new Image(), { src: entry.picture });
  await image.decode();
  pen.drawImage(image, 40, 40, 720, 540);
  pen.strokeStyle = "#d9dde0";
  pen.strokeRect(40, 40, 720, 540);
  pen.textAlign = "center";
  for (const [text, size, colour, y] of [
    [entry.words, 44, "#1d2125", 650],
    [entry.confidence, 30, "#00609a", 700],
    [entry.time.toLocaleString(document.documentElement.lang, WRITTEN), 24, "#59636b", 755],
  ]) {
    pen.font = `${size}px system-ui, sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, CARD.width / 2, y, CARD.width - 80);
  }
  return new Promise(resolve => card.toBlob(resolve));
};

const csv = () => {
  const quoted = text => `"${String(text).replaceAll('"', '""')}"`;
  const said = { true: "yes", false: "no", null: "" };
  const rows = [...entries].reverse().map((entry, i) =>
    [i + 1, stamp(entry.time), entry.shown, entry.words, entry.confidence, said[entry.right]]);
  const table = [["number", "time", "answer", "sentence", "confidence", "right"], ...rows];
  return new Blob(["\ufeff", ...table.map(row => `${row.map(quoted).join(",")}\r\n`)], { type: "text/csv" });
};

// A ZIP file that stores its files as they are (APPNOTE.TXT of PKWARE, 4.3).
const crc32 = bytes => {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};
const numbers = (...fields) => {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
  let place = 0;
  for (const [size, value] of fields) {
    size === 2 ? view.setUint16(place, value, true) : view.setUint32(place, value, true);
    place += size;
  }
  return view.buffer;
};
const zip = async files => {
  const parts = [], list = [];
  let place = 0;
  for (const [name, blob] of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const title = new TextEncoder().encode(name);
    const about = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 0x21], [4, crc32(bytes)],
      [4, bytes.length], [4, bytes.length], [2, title.length], [2, 0]];
    parts.push(numbers([4, 0x04034b50], ...about), title, bytes);
    list.push(numbers([4, 0x02014b50], [2, 20], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, place]), title);
    place += 30 + title.length + bytes.length;
  }
  const size = list.reduce((sum, part) => sum + part.byteLength, 0);
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length],
    [4, size], [4, place], [2, 0]);
  return new Blob([...parts, ...list, end], { type: "application/zip" });
};

const toggleFull = async () => {
  const isFull = page.classList.toggle("projector");
  button("full").setAttribute("aria-pressed", isFull);
  try { // not on every phone; the page is made large all the same
    await (isFull ? document.documentElement.requestFullscreen() : document.exitFullscreen());
  } catch { /* it stays in its window */ }
  if (isFull) scrollTo(0, 0); // the button is below the canvas
};
document.addEventListener("fullscreenchange", () => {
  if (document.fullscreenElement) return;
  page.classList.remove("projector");
  button("full").setAttribute("aria-pressed", false);
});

const DOES = {
  full: toggleFull,
  card: async () => {
    const entry = entries.find(each => each.number === chosen);
    save(`digits-${stamp(entry.time).replaceAll(":", "-")}.png`, await cardOf(entry));
  },
  csv: () => save("drawings.csv", csv()),
  zip: async () => {
    const cards = await Promise.all([...entries].reverse().map(async (entry, i) =>
      [`${String(i + 1).padStart(2, "0")}.png`, await cardOf(entry)]));
    save("drawings.zip", await zip([["drawings.csv", csv()], ...cards]));
  },
  forget: () => { entries = []; show(); },
};
const button = name => element.querySelector(`[data-do=${name}]`);
for (const [name, does] of Object.entries(DOES)) button(name).addEventListener("click", does);
show();
