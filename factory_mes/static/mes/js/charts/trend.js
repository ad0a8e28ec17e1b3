/* OEE and its factors over time, with the target. A gap is time that was not scheduled. */
mes.charts.trend = (data, look) => {
  const { points, target } = data;
  const shapes = { oee: "circle", availability: "rect", performance: "triangle", quality: "diamond" };

  const tell = ([{ dataIndex }]) => {
    const point = points[dataIndex];
    return look.tip(point.label, ...Object.keys(shapes).map((name) => `${mes.text(name)}: ${mes.percent(point[name])}`));
  };

  const line = (name) => ({
    type: "line", name: mes.text(name), data: points.map((point) => point[name]), connectNulls: false,
    symbol: shapes[name], symbolSize: name === "oee" ? 8 : 7, z: name === "oee" ? 5 : 3,
    itemStyle: { color: look.token(`factor-${name}`) },
    lineStyle: { width: name === "oee" ? 3.5 : 1.75, type: name === "oee" ? "solid" : "dashed" },
    markLine: name === "oee" && target != null ? {
      symbol: "none", silent: true, data: [{ yAxis: target }],
      lineStyle: { color: look.token("ink"), type: "dotted", width: 2 },
      label: { formatter: `${mes.text("target")} ${mes.percent(target, 0)}`, color: look.token("ink"), backgroundColor: look.token("card"), padding: [1, 4], position: "insideStartTop" },
    } : undefined,
  });

  return {
    legend: look.legend,
    grid: { left: 4, right: 16, top: 36, bottom: 4, containLabel: true },
    xAxis: { ...look.axis, type: "category", data: points.map((point) => point.label), splitLine: { show: false } },
    yAxis: { ...look.axis, type: "value", min: 0, max: ({ max }) => Math.max(1, Math.ceil(max * 5) / 5), interval: 0.2, axisLabel: { ...look.axis.axisLabel, formatter: (value) => mes.percent(value, 0) } },
    tooltip: { trigger: "axis", formatter: tell },
    series: Object.keys(shapes).map(line),
  };
};
