/* Stop Pareto: the longest reason on top, with its minutes; the line runs to 100 % of all stop time. */
mes.charts.pareto = (data, look) => {
  const { bars } = data;
  const minutes = (seconds) => `${mes.number(seconds / 60)} ${mes.text("minuteUnit")}`;

  const tell = ([{ dataIndex }]) => {
    const bar = bars[dataIndex];
    return look.tip(
      bar.label, mes.duration(bar.seconds), `${bar.count} ${mes.text("stops")}`,
      `${mes.percent(bar.share)} ${mes.text("share")}`, `${mes.text("cumulative")}: ${mes.percent(bar.cumulative)}`,
    );
  };

  return {
    grid: { left: 4, right: 64, top: 26, bottom: 4, containLabel: true },
    yAxis: {
      ...look.axis, type: "category", inverse: true, data: bars.map((bar) => bar.label), splitLine: { show: false },
      axisLabel: { ...look.axis.axisLabel, color: look.token("ink"), width: Math.min(150, look.width * 0.32), overflow: "truncate" },
    },
    xAxis: [
      { ...look.axis, type: "value", axisLabel: { show: false }, splitLine: { show: false } },
      {
        ...look.axis, type: "value", position: "top", min: 0, max: 1, interval: 0.25, splitLine: { lineStyle: { color: look.token("line"), type: "dashed" } },
        axisLabel: { ...look.axis.axisLabel, formatter: (value) => mes.percent(value, 0) },
      },
    ],
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: tell },
    series: [
      {
        type: "bar", data: bars.map((bar) => bar.seconds), barMaxWidth: 26, itemStyle: { color: look.token("brand"), borderRadius: [0, 3, 3, 0] },
      },
      { // the minutes, on top of the line
        type: "bar", data: bars.map((bar) => bar.seconds), barMaxWidth: 26, barGap: "-100%", z: 4, itemStyle: { color: "transparent" },
        label: {
          show: true, position: "right", color: look.token("ink"), backgroundColor: look.token("card"), padding: [1, 4],
          formatter: ({ value }) => minutes(value),
        },
      },
      {
        type: "line", xAxisIndex: 1, data: bars.map((bar, index) => [bar.cumulative, index]), symbol: "circle", symbolSize: 7,
        itemStyle: { color: look.state("BLOCKED") }, lineStyle: { width: 2, color: look.state("BLOCKED") },
      },
    ],
  };
};
mes.charts.pareto.height = (data) => Math.max(200, 40 + data.bars.length * 30);
