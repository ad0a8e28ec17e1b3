/* Loss waterfall: from the planned busy time down to the ideal time of good pieces; each loss hangs where the last one ended. */
mes.charts.waterfall = (data, look) => {
  let level = 0;
  const steps = data.steps.map((step) => {
    if (step.kind !== "loss") { level = step.seconds; return { ...step, from: 0, to: level }; }
    const from = level;
    level -= step.seconds;
    return { ...step, from: Math.min(from, level), to: Math.max(from, level) };
  });
  const whole = data.steps[0]?.seconds || 0;
  const colour = (step) => (step.kind === "loss" ? look.token(`factor-${step.factor}`) : look.token("brand"));
  const signed = (step) => (step.kind === "loss" ? -step.seconds : step.seconds);

  const tell = ({ dataIndex }) => {
    const step = steps[dataIndex];
    return look.tip(step.label, mes.duration(signed(step)), step.factor && mes.text(step.factor), whole && mes.percent(signed(step) / whole));
  };

  const bar = (params, api) => {
    const row = api.value(2);
    const [left, y] = api.coord([api.value(0), row]);
    const [right] = api.coord([api.value(1), row]);
    const height = Math.min(26, api.size([0, 1])[1] * 0.68);
    return {
      type: "rect", shape: { x: left, y: y - height / 2, width: Math.max(1.5, right - left), height, r: 3 },
      style: { fill: api.visual("color") },
      textContent: { style: { text: mes.duration(signed(steps[row])), fill: look.token("ink"), fontFamily: look.font, fontSize: 13 } },
      textConfig: { position: "right", distance: 6 },
    };
  };

  return {
    grid: { left: 4, right: 96, top: 4, bottom: 4, containLabel: true },
    yAxis: {
      ...look.axis, type: "category", inverse: true, data: steps.map((step) => step.label), splitLine: { show: false },
      axisLabel: {
        ...look.axis.axisLabel, color: look.token("ink"), width: Math.min(170, look.width * 0.34), overflow: "break", lineHeight: 15,
      },
    },
    xAxis: { ...look.axis, type: "value", min: 0, max: whole || null, axisLabel: { show: false } },
    tooltip: { formatter: tell },
    series: [{
      type: "custom", renderItem: bar, encode: { x: [0, 1], y: 2 }, clip: false,
      data: steps.map((step, index) => ({ value: [step.from, step.to, index], itemStyle: { color: colour(step) } })),
    }],
  };
};
mes.charts.waterfall.height = (data) => Math.max(200, 20 + data.steps.length * 32);
