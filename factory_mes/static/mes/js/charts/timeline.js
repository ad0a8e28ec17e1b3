/* State timeline: one row per hour, sixty minutes wide, one series per state so that the legend names them. */
mes.charts.timeline = (data, look) => {
  const states = new Map(); // state → {label, items}
  data.rows.forEach((row, index) => row.segments.forEach((segment) => {
    if (!states.has(segment.state)) states.set(segment.state, { label: segment.label, items: [] });
    states.get(segment.state).items.push({ value: [segment.from / 60, segment.to / 60, index], segment });
  }));

  const bar = (params, api) => {
    const [left, y] = api.coord([api.value(0), api.value(2)]);
    const [right] = api.coord([api.value(1), api.value(2)]);
    const height = Math.min(28, api.size([0, 1])[1] * 0.74);
    return {
      type: "rect",
      shape: { x: left, y: y - height / 2, width: Math.max(1, right - left), height },
      style: { fill: api.visual("color") },
      emphasis: { style: { stroke: look.token("ink"), lineWidth: 2 } },
    };
  };

  const tell = ({ data: { segment } }) => look.tip(
    segment.label, segment.reason, segment.machine, `${segment.start} – ${segment.end}`, mes.duration(segment.seconds),
  );

  return {
    legend: { ...look.legend, type: "scroll" },
    grid: { left: 4, right: 44, top: 36, bottom: 4, containLabel: true },
    xAxis: { ...look.axis, type: "value", min: 0, max: 60, interval: 10, name: mes.text("minuteUnit"), nameGap: 8 },
    yAxis: { ...look.axis, type: "category", inverse: true, data: data.rows.map((row) => row.label), splitLine: { show: false } },
    tooltip: { formatter: tell },
    series: [...states].map(([state, { label, items }]) => ({
      type: "custom", name: label, renderItem: bar, data: items, encode: { x: [0, 1], y: 2 }, itemStyle: { color: look.state(state) },
    })),
  };
};
mes.charts.timeline.height = (data) => Math.max(130, 70 + data.rows.length * 34);
