/* A scanner types like a keyboard: whatever is typed outside of a field goes into the scan box, which starts anew. */
(() => {
  const box = document.querySelector("[data-scan]");
  if (!box) return;
  const typing = (element) => element?.closest("input, textarea, select, [contenteditable]");

  box.focus({ preventScroll: true });
  box.select();
  document.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === " " && event.target.closest?.("summary, button, a")) return; // a press, not a letter
    box.value = "";
    box.focus({ preventScroll: true });
  });
})();
