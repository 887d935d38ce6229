// A canvas to draw on. Gradio runs this once for each, with its `element`, `trigger` and `props`.
//
// Strokes are kept as points in units of the drawing, `props.width` by `props.height`, whatever its
// size on the screen, and are painted anew in whatever size is wanted: nothing is lost when it
// changes. After each change the drawing becomes the component's value, in the form of Gradio's own
// sketchpad, and "input" is triggered. Other scripts find `drawing` at its
// element of the class "canvas"; while the pen moves, "ink" is sent, with whether the pen is down.
// The browser's tab keeps the drawing: it is there again when the page was reloaded, by a visitor or by
// Gradio after a lost connection.
const { width: WIDTH, height: HEIGHT, pen: PEN } = props;
const ERASER = 3 * PEN; // its width, in units as the pen's
const STEP = WIDTH / 40; // by which an arrow key moves the pen
const PAPER = "#fff", INK = "#000";

const canvas = element.querySelector("canvas");
const nib = element.querySelector(".nib");
const tools = Object.fromEntries(
  [...element.querySelectorAll("[data-tool]")].map(button => [button.dataset.tool, button]));

// What was drawn after each step. The number of a drawing changes when a new one is begun.
let states = [{ number: 1, strokes: [] }];
let now = 0, numbers = 1, changes = 0;
let stroke = null, pointer = null; // the stroke being drawn, and by which finger, pen or mouse
let erasing = false, lastStylus = -Infinity;
let key = { x: WIDTH / 2, y: HEIGHT / 2 }; // where the keys have moved the pen

const strokes = () => (stroke ? [...states[now].strokes, stroke] : states[now].strokes);

// Through the middles between points, each point being where the curve would go: as smooth as ink.
// What is of one width is one path.
const trace = (pen, { points, erases }) => {
  pen.strokeStyle = erases ? PAPER : INK;
  const from = points[0];
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  points.forEach((point, i) => {
    const next = points[i + 1];
    const to = next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : point;
    pen.quadraticCurveTo(point.x, point.y, to.x + 0.01, to.y); // a dot has some length, too
    if (next?.width !== point.width) {
      pen.lineWidth = point.width;
      pen.stroke();
      pen.beginPath();
      pen.moveTo(to.x, to.y);
    }
  });
};

const paint = (target, drawn) => {
  const pen = target.getContext("2d");
  pen.setTransform(target.width / WIDTH, 0, 0, target.height / HEIGHT, 0, 0);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.lineCap = pen.lineJoin = "round";
  for (const each of drawn) trace(pen, each);
  return target;
};

const picture = (drawn = strokes()) => {
  const size = { width: WIDTH, height: HEIGHT };
  return paint(Object.assign(document.createElement("canvas"), size), drawn);
};

let awaited = 0;
const show = () => {
  cancelAnimationFrame(awaited);
  awaited = requestAnimationFrame(() => {
    const box = canvas.getBoundingClientRect();
    if (!box.width) return; // in a tab that is not shown
    const wide = Math.round(box.width * devicePixelRatio);
    const high = Math.round(box.height * devicePixelRatio);
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    paint(canvas, strokes());
  });
};

const mark = (tool, name, value) => tools[tool].setAttribute(`aria-${name}`, value);
const settle = () => {
  mark("draw", "pressed", !erasing);
  mark("erase", "pressed", erasing);
  mark("undo", "disabled", now === 0);
  mark("redo", "disabled", now === states.length - 1);
  mark("clear", "disabled", !states[now].strokes.length);
  show();
};

// Names what is on the canvas after each change, so that its answer is known from earlier ones.
const id = () => `${states[now].number}-${changes}`;

// In the storage of the browser's tab, in hundredths of a unit. A canvas that follows another has nothing
// of its own to keep. Storage may be full, or forbidden.
const KEPT = `drawing of ${props.name}`;
const keep = () => {
  const brief = (_, value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);
  try {
    if (!props.follows) sessionStorage.setItem(KEPT, JSON.stringify({ ...states[now], numbers }, brief));
  } catch { /* then it is gone with the page */ }
};
const recall = () => {
  try {
    return props.follows ? null : JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
};

const send = () => {
  keep();
  const drawn = states[now].strokes;
  const composite = drawn.length && { url: picture(drawn).toDataURL(), orig_name: "drawing.png" };
  props.value = composite ? { background: null, layers: [], composite, id: id() } : null;
  trigger("input");
};

const tell = down => {
  element.dispatchEvent(new CustomEvent("ink", { bubbles: true, detail: { down } }));
};

const go = place => {
  if (stroke || !states[place]) return;
  now = place;
  changes += 1;
  settle();
  tell(false);
  send();
};

const change = (drawn, number = states[now].number) => {
  states = [...states.slice(0, now + 1), { number, strokes: drawn }];
  go(states.length - 1);
};

const begin = (point, erases) => {
  stroke = { erases, points: [point] };
  show();
  tell(true);
};

const extend = points => {
  stroke.points.push(...points);
  show();
  tell(true);
};

const end = () => {
  if (!stroke) return;
  const drawn = strokes();
  stroke = pointer = null;
  change(drawn);
};

const clear = () => {
  if (stroke || !states[now].strokes.length) return;
  erasing = false;
  change([], ++numbers);
};

// A stylus that tells how hard it is pressed draws from about half to one and a half times as wide.
const breadth = (erases, event) => {
  if (erases) return ERASER;
  return event.pointerType === "pen" && event.pressure ? PEN * (0.5 + event.pressure) : PEN;
};

const pointOf = (event, erases) => {
  const box = canvas.getBoundingClientRect();
  const x = ((event.clientX - box.x) / box.width) * WIDTH;
  const y = ((event.clientY - box.y) / box.height) * HEIGHT;
  return { x, y, width: breadth(erases, event) };
};

canvas.addEventListener("pointerdown", event => {
  if (event.pointerType === "pen") lastStylus = event.timeStamp;
  if (pointer === null) end(); // the stroke that the keys were drawing
  // A second finger draws nothing, nor does the hand that rests beside a stylus.
  const isPalm = event.pointerType === "touch" && event.timeStamp - lastStylus < 1000;
  if (stroke || isPalm || ![0, 5].includes(event.button)) return;
  event.preventDefault();
  canvas.dataset.by = "hand"; // who draws by hand needs no frame to see where the keys go
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pointer = event.pointerId;
  nib.hidden = true;
  const erases = erasing || event.button === 5; // the other end of a stylus
  begin(pointOf(event, erases), erases);
});
canvas.addEventListener("pointermove", event => {
  if (!stroke || event.pointerId !== pointer) return;
  if (event.pointerType === "pen") lastStylus = event.timeStamp;
  const between = event.getCoalescedEvents?.() ?? [];
  const moves = between.length ? between : [event];
  extend(moves.map(move => pointOf(move, stroke.erases)));
});
for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
  canvas.addEventListener(name, event => event.pointerId === pointer && end());
}
canvas.addEventListener("contextmenu", event => event.preventDefault());
canvas.addEventListener("touchstart", event => event.preventDefault(), { passive: false });

const point = () => ({ ...key, width: erasing ? ERASER : PEN });
const move = (x, y) => {
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  key = { x: within(key.x + x, WIDTH), y: within(key.y + y, HEIGHT) };
  nib.hidden = false;
  nib.style.left = `${(key.x / WIDTH) * 100}%`;
  nib.style.top = `${(key.y / HEIGHT) * 100}%`;
  if (stroke && pointer === null) extend([point()]);
};
const KEYS = {
  ArrowLeft: () => move(-STEP, 0),
  ArrowRight: () => move(STEP, 0),
  ArrowUp: () => move(0, -STEP),
  ArrowDown: () => move(0, STEP),
  " ": () => { move(0, 0); stroke ? end() : begin(point(), erasing); },
  Delete: clear,
};
canvas.addEventListener("blur", () => {
  nib.hidden = true;
  if (pointer === null) end();
});
element.addEventListener("keydown", event => {
  delete canvas.dataset.by;
  const letter = event.key.toLowerCase();
  const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey;
  const undoes = isCommand && letter === "z" && !event.shiftKey;
  const redoes = isCommand && (letter === "y" || (letter === "z" && event.shiftKey));
  const does = undoes ? () => go(now - 1) : redoes ? () => go(now + 1)
    : !isCommand && event.target === canvas ? KEYS[event.key] : null;
  if (!does) return;
  event.preventDefault();
  does();
});

const PRESSED = {
  draw: () => { erasing = false; settle(); },
  erase: () => { erasing = true; settle(); },
  undo: () => go(now - 1),
  redo: () => go(now + 1),
  clear,
};
for (const [name, button] of Object.entries(tools)) button.addEventListener("click", PRESSED[name]);

// The drawing as a PNG file to send, null where no ink is left on the paper. `toBlob` would be no
// good: browsers let it wait, up to a second, while the page has other things to do.
const file = () => {
  const drawn = strokes(), made = picture(drawn);
  const erased = drawn.some(stroke => stroke.erases);
  const seen = () => made.getContext("2d").getImageData(0, 0, WIDTH, HEIGHT).data.some(value => value < 128);
  if (!drawn.length || (erased && !seen())) return null;
  const bytes = atob(made.toDataURL().split(",")[1]);
  return new Blob([Uint8Array.from(bytes, byte => byte.charCodeAt(0))], { type: "image/png" });
};

element.querySelector(".canvas").drawing = {
  picture,
  file,
  get id() { return id(); },
  get number() { return states[now].number; },
  get strokes() { return states[now].strokes; },
  bringBack: (drawn, number) => change(drawn, number),
};

// Shows what was drawn meanwhile on the canvas that this one follows, when its tab is opened.
let taken = id();
const follow = () => {
  const leader = document.getElementById(props.follows)?.querySelector(".canvas")?.drawing;
  if (!canvas.checkVisibility() || !leader || leader.id === taken) return;
  taken = leader.id;
  change(leader.strokes, ++numbers);
};
new ResizeObserver(() => { show(); follow(); }).observe(canvas);
addEventListener("resize", show); // a page that is zoomed has other pixels
settle();

const kept = recall();
if (kept) states = [{ number: (numbers = kept.numbers + 1), strokes: [] }];
const bringKept = () => {
  if (kept?.strokes.length && !changes) change(kept.strokes, kept.number);
};
// Before the page is ready Gradio would not hear of it: `demo_live.js` says when.
if ("ready" in document.body.dataset) bringKept();
else document.addEventListener("ready", bringKept, { once: true });
