() => {
  // Gradio's sketchpad opens, and comes back from "clear", with no tool in hand and says so in the
  // middle of the canvas. Whenever it does, take up the brush: the first button of its tool bar.
  const takeBrush = () => {
    const pad = document.querySelector("#sketch");
    if (!pad?.querySelector(".empty")) return;
    pad.querySelector(".image-container").setAttribute("aria-label", "Drawing area for one digit");
    pad.querySelector(".toolbar-wrap button")?.click();
  };
  new MutationObserver(takeBrush).observe(document.body, { childList: true, subtree: true });
  takeBrush();
}
