/* Says in words when a fragment could not be fetched, instead of leaving the page silently old; opened tables stay open. */
(() => {
  const place = document.getElementById("notices");

  function say(words) {
    if ([...place.querySelectorAll("p")].some((shown) => shown.textContent === words)) return;
    const notice = mes.element("div", "", "notice notice-error");
    const icon = mes.element("i", "", "bi bi-x-octagon");
    icon.setAttribute("aria-hidden", "true");
    notice.append(icon, mes.element("p", words));
    notice.dataset.connection = "";
    place.append(notice);
  }

  const clear = () => place.querySelectorAll("[data-connection]").forEach((notice) => notice.remove());

  document.addEventListener("htmx:sendError", () => say(mes.text("offline")));
  document.addEventListener("htmx:timeout", () => say(mes.text("offline")));
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status === 401) location.reload(); // the login page takes over and leads back here
    else say(mes.text(status === 403 ? "refused" : "failed"));
  });
  document.addEventListener("htmx:afterOnLoad", (event) => event.detail.successful && clear());

  const open = new Set();
  document.addEventListener("htmx:beforeSwap", (event) => {
    for (const kept of event.target.querySelectorAll("details[data-keep-open][open]")) open.add(kept.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    open.clear();
  });
})();
