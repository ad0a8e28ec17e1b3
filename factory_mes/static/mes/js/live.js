/* Follows the plant. One websocket tells what changed; the elements concerned then re-read themselves by htmx (event "live").
   Elements: [data-live-line="7"] for one line, [data-live-floor] for all of them; data-live-every="30" = at most every 30 s.
   Without the socket it says so, asks every 5 s instead, and keeps trying with growing, jittered pauses. */
(() => {
  const sign = document.getElementById("live");
  if (!sign) return;

  const POLL_MS = 5000, PING_MS = 25000, LONGEST_PAUSE_MS = 30000, LONGEST_SILENCE_MS = 60000;
  const SIGNED_OUT = [4401, 4403];
  const TELLS = new Set(["line_status_update", "oee_update", "downtime_event", "equipment_status_update", "andon_event", "job_update"]);
  let socket = null, attempts = 0, heardAt = 0, polling = null;

  function show(state) {
    sign.dataset.liveState = state;
    const words = mes.text({ live: "live", polling: "polling", "signed-out": "signedOut" }[state]);
    const label = sign.querySelector("[data-live-text]");
    if (label.textContent !== words) label.textContent = words;
  }

  /* --- asking: at most once per element in its own pace, never while nobody looks ---------------------------------- */
  const asked = new Map();   // element id → time of the last request
  const waiting = new Map(); // element id → timer

  function ask(element) {
    if (waiting.has(element.id)) return;
    const pace = Number(element.dataset.liveEvery || 1) * 1000;
    const pause = Math.max(0, (asked.get(element.id) ?? -pace) + pace - performance.now());
    waiting.set(element.id, setTimeout(() => {
      waiting.delete(element.id);
      if (document.hidden) return;
      asked.set(element.id, performance.now());
      const current = document.getElementById(element.id);
      if (current) htmx.trigger(current, "live");
    }, pause));
  }

  const askAll = () => document.querySelectorAll("[data-live-floor], [data-live-line]").forEach(ask);

  function askLine(line) {
    document.querySelectorAll(`[data-live-floor], [data-live-line="${CSS.escape(String(line))}"]`).forEach(ask);
  }

  /* --- the socket ----------------------------------------------------------------------------------------------------- */
  function subscribe() {
    const lines = new Set([...document.querySelectorAll("[data-live-line]")].map((element) => Number(element.dataset.liveLine)));
    if (document.querySelector("[data-live-floor]")) send({ type: "subscribe", subscription_type: "floor" });
    for (const line of lines) send({ type: "subscribe", line_id: line });
  }

  const send = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));

  function hear(event) {
    heardAt = Date.now();
    let message;
    try { message = JSON.parse(event.data); } catch { return; }
    if (message.resync || message.data?.resync) askAll();
    else if (TELLS.has(message.type) && message.data?.line_id != null) askLine(message.data.line_id);
  }

  function poll(on) {
    clearInterval(polling);
    polling = on ? setInterval(askAll, POLL_MS) : null;
  }

  function opened() {
    if (attempts) askAll(); // what happened while nobody listened
    attempts = 0;
    heardAt = Date.now();
    poll(false);
    show("live");
    subscribe();
  }

  function closed(event) {
    socket = null;
    if (SIGNED_OUT.includes(event.code)) { poll(false); show("signed-out"); return; }
    show("polling");
    if (!polling) poll(true);
    const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** attempts++) * (0.5 + Math.random());
    setTimeout(connect, pause);
  }

  function connect() {
    const address = new URL(sign.dataset.liveUrl, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.addEventListener("open", opened);
    socket.addEventListener("message", hear);
    socket.addEventListener("close", closed);
  }

  setInterval(() => {
    if (Date.now() - heardAt > LONGEST_SILENCE_MS) socket?.close(); // a dead connection that nobody closed
    send({ type: "ping" });
  }, PING_MS);
  document.addEventListener("visibilitychange", () => document.hidden || askAll());
  connect();
})();
