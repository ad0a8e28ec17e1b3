/* Running clocks: <time data-since="ISO time">12 min 05 s</time> counts on every second. Screen readers are not told each
   second: the element is no live region, and its title holds the start. */
(() => {
  function tick() {
    for (const clock of document.querySelectorAll("[data-since]")) {
      const since = Date.parse(clock.dataset.since);
      if (Number.isFinite(since)) clock.textContent = mes.duration(Math.max(0, (Date.now() - since) / 1000));
    }
  }

  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", tick);
})();
