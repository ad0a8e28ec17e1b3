/* Plan against what was made, hour by hour: good and scrap stacked, the plan as a mark across the bar. */
mes.charts.hourly = (data, look) => {
  const { rows, unit } = data;
  const count = (value) => `${mes.number(value)} ${unit}`;

  const tell = ([{ dataIndex }]) => {
    const row = rows[dataIndex];
    return look.tip(
      row.running ? `${row.label} (${mes.text("soFar")})` : row.label,
      row.plan != null && `${mes.text("plan")}: ${count(row.plan)}`,
      `${mes.text("good")}: ${count(row.good)}`, `${mes.text("scrap")}: ${count(row.scrap)}`,
    );
  };

  return {
    legend: look.legend,
    grid: { left: 4, right: 8, top: 36, bottom: 4, containLabel: true },
    xAxis: { ...look.axis, type: "category", data: rows.map((row) => row.label), splitLine: { show: false } },
    yAxis: { ...look.axis, type: "value", minInterval: 1 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: tell },
    series: [
      {
        type: "bar", name: mes.text("good"), stack: "made", barMaxWidth: 36,
        data: rows.map((row) => ({ value: row.good, itemStyle: row.running ? { opacity: 0.55 } : {} })),
        itemStyle: { color: look.state("RUNNING") },
      },
      { type: "bar", name: mes.text("scrap"), stack: "made", data: rows.map((row) => row.scrap), itemStyle: { color: look.state("FAULT") } },
      {
        type: "scatter", name: mes.text("plan"), symbol: "rect", symbolSize: [Math.max(14, Math.min(44, look.width / rows.length - 12)), 4],
        data: rows.map((row) => row.plan), itemStyle: { color: look.token("ink") }, z: 5,
      },
    ],
  };
};
