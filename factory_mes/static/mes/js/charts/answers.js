/* How long people took: groups of bars, one group per label.
   answers  {labels: ["High"], series: [{label: "Answered, median", seconds: [120 | null]}]} */
mes.charts.answers = (data, look) => {
  const colours = ["brand", "state-setup", "state-blocked", "state-fault"];

  const tell = (bars) => look.tip(bars[0].name, ...bars.map((bar) => `${bar.seriesName}: ${bar.value == null ? "–" : mes.duration(bar.value)}`));

  return {
    legend: look.legend,
    grid: { left: 4, right: 16, top: 64, bottom: 4, containLabel: true },
    xAxis: { ...look.axis, type: "category", data: data.labels, splitLine: { show: false }, axisLabel: { ...look.axis.axisLabel, color: look.token("ink") } },
    yAxis: { ...look.axis, type: "value", axisLabel: { ...look.axis.axisLabel, formatter: (value) => mes.duration(value) } },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: tell },
    series: data.series.map((row, index) => ({
      type: "bar", name: row.label, data: row.seconds, barMaxWidth: 28, itemStyle: { color: look.token(colours[index % colours.length]), borderRadius: [3, 3, 0, 0] },
    })),
  };
};
