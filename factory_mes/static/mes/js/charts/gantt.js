/* Plan and actual: two rows per line, one series per kind of bar so that the legend names them. Positions are hours.
   gantt   {hours: 168, ticks: [{at: 0, label: "Mon 2 Mar"}], rows: ["Line 1", "Line 1, actual"],
           bars: [{row: 0, from: 6, to: 14, colour: "RUNNING", kind: "In progress", label: "WATER", says: ["…"]}]} */
mes.charts.gantt = (data, look) => {
  const kinds = new Map(); // word → {colour, items}
  for (const bar of data.bars) {
    if (!kinds.has(bar.kind)) kinds.set(bar.kind, { colour: bar.colour, items: [] });
    kinds.get(bar.kind).items.push({ value: [bar.from, bar.to, bar.row], bar });
  }
  const ticks = data.ticks.map((tick) => tick.at);
  const names = new Map(data.ticks.map((tick) => [tick.at, tick.label]));

  const draw = (items) => (params, api) => {
    const [left, y] = api.coord([api.value(0), api.value(2)]);
    const [right] = api.coord([api.value(1), api.value(2)]);
    const height = Math.min(30, api.size([0, 1])[1] * 0.76);
    const width = Math.max(3, right - left);
    return {
      type: "rect",
      shape: { x: left, y: y - height / 2, width, height, r: 3 },
      style: { fill: api.visual("color") },
      textContent: { type: "text", style: { text: items[params.dataIndex].bar.label, fill: look.token("card"), font: `600 13px ${look.font}`, width: width - 8, overflow: "truncate" } },
      textConfig: { position: "insideLeft", distance: 6 },
      emphasis: { style: { stroke: look.token("ink"), lineWidth: 2 } },
    };
  };

  return {
    legend: { ...look.legend, type: "scroll" },
    grid: { left: 4, right: 20, top: 36, bottom: 4, containLabel: true },
    xAxis: {
      ...look.axis, type: "value", min: 0, max: data.hours,
      axisLabel: { ...look.axis.axisLabel, customValues: ticks, formatter: (at) => names.get(at) ?? "", align: "left" },
      axisTick: { show: true, customValues: ticks }, splitLine: { show: false },
    },
    yAxis: { ...look.axis, type: "category", inverse: true, data: data.rows, splitLine: { show: true, lineStyle: { color: look.token("line") } } },
    tooltip: { formatter: ({ data: { bar } }) => look.tip(bar.label, bar.kind, ...bar.says) },
    series: [...kinds].map(([kind, { colour, items }]) => ({
      type: "custom", name: kind, renderItem: draw(items), data: items, encode: { x: [0, 1], y: 2 }, itemStyle: { color: look.state(colour) },
    })),
  };
};
mes.charts.gantt.height = (data) => Math.max(150, 76 + data.rows.length * 38);
