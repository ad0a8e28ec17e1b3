/* What called most often: the busiest on top, with its number; the line runs towards all raises.
   causes  {unit: "raises", bars: [{label: "M-1: Stoppage", count: 14, share: 0.2088, cumulative: 0.2088}]} */
mes.charts.causes = (data, look) => {
  const { bars, unit } = data;

  const tell = ([{ dataIndex }]) => {
    const bar = bars[dataIndex];
    return look.tip(bar.label, `${mes.number(bar.count)} ${unit}`, mes.percent(bar.share), `${mes.text("cumulative")}: ${mes.percent(bar.cumulative)}`);
  };

  return {
    grid: { left: 4, right: 48, top: 26, bottom: 4, containLabel: true },
    yAxis: {
      ...look.axis, type: "category", inverse: true, data: bars.map((bar) => bar.label), splitLine: { show: false },
      axisLabel: { ...look.axis.axisLabel, color: look.token("ink"), width: Math.min(180, look.width * 0.36), overflow: "truncate" },
    },
    xAxis: [
      { ...look.axis, type: "value", minInterval: 1, axisLabel: { show: false }, splitLine: { show: false } },
      {
        ...look.axis, type: "value", position: "top", min: 0, max: 1, interval: 0.25, splitLine: { lineStyle: { color: look.token("line"), type: "dashed" } },
        axisLabel: { ...look.axis.axisLabel, formatter: (value) => mes.percent(value, 0) },
      },
    ],
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: tell },
    series: [
      {
        type: "bar", data: bars.map((bar) => bar.count), barMaxWidth: 26, itemStyle: { color: look.token("brand"), borderRadius: [0, 3, 3, 0] },
        label: { show: true, position: "right", color: look.token("ink"), formatter: ({ value }) => mes.number(value) },
      },
      {
        type: "line", xAxisIndex: 1, data: bars.map((bar, index) => [bar.cumulative, index]), symbol: "circle", symbolSize: 7,
        itemStyle: { color: look.state("BLOCKED") }, lineStyle: { width: 2, color: look.state("BLOCKED") },
      },
    ],
  };
};
mes.charts.causes.height = (data) => Math.max(200, 40 + data.bars.length * 30);
