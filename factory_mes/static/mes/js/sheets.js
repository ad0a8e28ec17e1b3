/* A sheet whose form is done slides out again (the answer says so by the event "sheet-done"); each opens empty. */
(() => {
  const loading = () => document.getElementById("sheet-body")?.firstElementChild;
  let waiting = null;

  document.addEventListener("show.bs.offcanvas", (event) => {
    if (event.target.id !== "sheet") return;
    waiting ??= document.querySelector("#sheet-body > .loading")?.cloneNode(true);
    if (waiting && loading()) document.getElementById("sheet-body").replaceChildren(waiting.cloneNode(true));
  });
  document.addEventListener("sheet-done", () => {
    const sheet = document.getElementById("sheet");
    if (sheet) bootstrap.Offcanvas.getInstance(sheet)?.hide();
  });
})();
