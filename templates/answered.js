// Tells other scripts of each answer. Gradio runs this with `element`, `props` and `watch`.
watch("value", () => {
  element.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: props.value }));
});
