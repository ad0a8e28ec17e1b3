/* Draws <div class="chart" data-chart="pareto" data-source="id of a json_script">. Each kind is one file in charts/ that adds
   mes.charts.<kind> = (data, look) => ECharts option, and .height = (data) => pixels where rows decide it. Drawn again when htmx swaps, the colours change or the page prints.

   What the server sends. Labels are translated there; durations are seconds, ratios fractions of 1, undefined is null.
   timeline   {rows: [{label: "06:00", segments: [{state: "RUNNING", label: "Running", from: 0, to: 754, start: "06:00:00",
              end: "06:12:34", seconds: 754, reason: "", machine: ""}]}]}     one row per hour, from/to = seconds in that hour
   hourly     {unit: "pieces", rows: [{label: "06:00", plan: 120 | null, good: 110, scrap: 3, running: false}]}
   pareto     {bars: [{label: "Machine failure", code: "7", seconds: 14160, count: 14, share: 0.2088, cumulative: 0.2088}]}
   waterfall  {steps: [{label: "Planned busy time", seconds: 190800, kind: "total"},
              {label: "Breakdown", seconds: 14160, kind: "loss", factor: "availability" | "performance" | "quality"},
              {label: "Producing", seconds: 123000, kind: "subtotal"}]}        a negative loss is a gain
   trend      {target: 0.85 | null, points: [{label: "29 Aug", oee: 0.64 | null, availability: …, performance: …, quality: …}]} */
(() => {
  const drawn = new Map(); // element → ECharts

  /* The design tokens as ECharts wants them. */
  function look(element) {
    const style = getComputedStyle(element);
    const token = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      token,
      state: (state) => token(`state-${state.toLowerCase().replaceAll("_", "-")}`) || token("state-unknown"),
      font: style.fontFamily,
      width: element.clientWidth,
      axis: {
        axisLabel: { color: token("ink-quiet"), fontSize: 13 }, nameTextStyle: { color: token("ink-quiet") },
        axisLine: { lineStyle: { color: token("line-strong") } }, axisTick: { show: false },
        splitLine: { lineStyle: { color: token("line") } },
      },
      legend: { textStyle: { color: token("ink"), fontSize: 13 }, itemWidth: 16, itemHeight: 10, top: 0, left: 0, inactiveColor: token("line-strong") },
      tip: (title, ...lines) => { // words as text nodes: a reason is what somebody typed
        const tip = mes.element("div", "", "tip");
        tip.append(mes.element("strong", title), ...lines.filter(Boolean).map((line) => mes.element("span", line)));
        return tip;
      },
    };
  }

  function draw(element) {
    const data = JSON.parse(document.getElementById(element.dataset.source).textContent);
    const kind = mes.charts[element.dataset.chart];
    if (kind.height) element.style.height = `${kind.height(data)}px`;
    const appearance = look(element);
    const chart = drawn.get(element) ?? echarts.init(element, null, { renderer: "canvas" });
    drawn.set(element, chart);
    const { token } = appearance;
    const option = kind(data, appearance);
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: appearance.font, color: token("ink") },
      ...option,
      tooltip: {
        confine: true, backgroundColor: token("card"), borderColor: token("line-strong"), transitionDuration: 0,
        textStyle: { color: token("ink"), fontFamily: appearance.font }, ...option.tooltip,
      },
    }, true);
  }

  function drawSafely(element) {
    try { draw(element); } catch (error) {
      console.error(error);
      drawn.get(element)?.dispose();
      drawn.delete(element);
      element.replaceChildren(mes.element("p", mes.text("noChart"), "quiet"));
    }
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = drawn.get(target);
      if (chart && (chart.getWidth() !== target.clientWidth || chart.getHeight() !== target.clientHeight)) { chart.resize(); drawSafely(target); }
    }
  });

  function refresh() {
    for (const [element, chart] of drawn) {
      if (!element.isConnected) { sizes.unobserve(element); chart.dispose(); drawn.delete(element); }
    }
    for (const element of document.querySelectorAll("[data-chart]")) { drawSafely(element); sizes.observe(element); }
  }

  document.addEventListener("mes:theme", () => drawn.forEach((_, element) => drawSafely(element)));
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target.querySelector("[data-chart]") && refresh());

  const root = document.documentElement;
  let before = null;
  const repaint = (theme) => { root.dataset.bsTheme = theme; drawn.forEach((chart, element) => { chart.resize(); drawSafely(element); }); };
  window.addEventListener("beforeprint", () => { before = root.dataset.bsTheme; repaint("light"); }); // paper is white
  window.addEventListener("afterprint", () => { if (before) repaint(before); before = null; });

  document.fonts.ready.then(refresh);
})();
