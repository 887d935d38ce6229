() => {
  document.documentElement.lang = "@@code@@";
  const tend = () => {
    // Gradio's label would hide from screen readers what is written on the button.
    document.querySelector("#picture button.upload-container")?.removeAttribute("aria-label");
    for (const image of document.querySelectorAll("#picture img[alt='']")) image.alt = "@@your_picture@@";
    // Gradio says these in English alone, and loads the page anew when the server answers again.
    for (const title of document.querySelectorAll(".toast-title")) title.style.display = "none";
    for (const text of document.querySelectorAll("[data-testid=toast-text]"))
      if (text.textContent.includes("Connection to the server was lost")) text.textContent = "@@lost@@";
  };
  new MutationObserver(tend).observe(document.body, { childList: true, subtree: true });
  tend();

  // What is wrong with a broken picture stands beside it: the browser's mark for one says no more.
  for (const happened of ["error", "load"])
    document.addEventListener(happened, ({ target }) => {
      if (target.matches?.("#picture img")) target.style.visibility = happened === "error" ? "hidden" : "";
    }, { capture: true });

  const until = async (find, patience = 100) => {
    for (let i = 0; i < patience; i++) {
      const found = find();
      if (found) return found;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };

  // Give the Upload tab a picture as if it had been chosen there, in place of the one it has; say
  // whether it is read.
  const read = async file => {
    [...document.querySelectorAll("[role=tab]")].find(tab => tab.textContent.trim() === "@@tab_upload@@")?.click();
    const removal = () => document.querySelector("#picture button[aria-label='Remove Image']");
    const field = () => document.querySelector("#picture input[type=file]");
    await until(() => field() || removal());
    removal()?.click();
    const input = await until(() => !removal() && field());
    if (!input) return false;
    const chosen = new DataTransfer();
    chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return file.size <= most;
  };

  // Gradio would refuse a file of another kind or size in its own words. What is no picture goes to
  // the server all the same, which says what it is; so may a picture whose kind the browser doesn't know.
  const most = window.gradio_config?.max_file_size ?? Infinity;
  const take = (event, file) => {
    const isPicture = file?.type.startsWith("image/");
    if (!file || (isPicture && file.size <= most)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isPicture) return read(new File([file.slice(0, most)], file.name, { type: "image/png" }));
    const answer = document.querySelector("#picture").closest(".reader").querySelector(".answer");
    answer.querySelector(".words").textContent = "@@upload_again@@";
    answer.querySelector(".hint").textContent = "@@upload_large@@";
  };
  const say = words => { document.querySelector(".first-alone").textContent = words; };
  document.addEventListener("change", event => {
    if (!event.target.matches("#picture input[type=file]")) return;
    if (event.isTrusted) say("");
    take(event, event.target.files[0]);
  }, { capture: true });

  // A file that is pasted or dropped is read wherever that happens: a browser would leave the page
  // for one that is dropped.
  document.addEventListener("dragover", event => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  for (const happened of ["paste", "drop"])
    document.addEventListener(happened, event => {
      const [file, ...others] = (event.clipboardData ?? event.dataTransfer)?.files ?? [];
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      read(file).then(taken => say(taken && others.length ? "@@upload_first@@" : ""));
    }, { capture: true });

  // Arrow keys open the next tab, as those expect who use a page by the keyboard.
  document.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const tab = event.target.closest?.("[role=tab]");
    if (!step || !tab) return;
    const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    event.preventDefault();
    next.click();
    next.focus();
  });

  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // no such right without https: the old way
      const field = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    const label = button.textContent;
    button.textContent = "@@copied@@";
    setTimeout(() => { button.textContent = label; }, 1500);
  };

  document.addEventListener("click", async event => {
    if (event.target.closest("#picture button[aria-label='Remove Image']")) say("");
    const example = event.target.closest("[data-example]");
    if (example) {
      const picture = await (await fetch(example.querySelector("img").src)).blob();
      read(new File([picture], "example.png", { type: picture.type })).then(() => say(""));
    }
    const button = event.target.closest("[data-copy]");
    if (button) copy(button, button.dataset.text.trim());
    const report = event.target.closest("[data-report]");
    if (report) {
      const html = report.closest(".report").querySelector("iframe").srcdoc;
      report.href = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    }
  }, { capture: true });
}
