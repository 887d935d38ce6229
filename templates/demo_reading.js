picture => {
  // Gradio runs this as soon as the picture changes: reading it takes a while.
  const [reading, blank] = ANSWERS;
  return picture ? reading : blank;
}
