for (const field of document.querySelectorAll("input[type=search]")) {
  const rows = document.querySelectorAll(`#${field.getAttribute("aria-controls")} tbody tr`);
  field.closest(".search").hidden = false;
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
