/* Values one after the other with lines across: run chart, individuals, moving ranges.
   {measured: "mm", points: [{label, unit, value: 0.05 | null, mark: "rule 1" | ""}], lines: [{label, value, kind: "centre" | "limit"}]}
   A marked value differs in colour and in shape. */
(() => {
  function control({ measured, points, lines }, look) {
    const unit = measured ? ` ${measured}` : "";
    const digits = (value) => Number(value.toPrecision(5)).toString();

    const tell = ([{ dataIndex }]) => {
      const point = points[dataIndex];
      return look.tip(point.unit, point.label, point.value === null ? "" : `${digits(point.value)}${unit}`, point.mark);
    };

    const across = ({ label, value, kind }) => ({
      yAxis: value,
      lineStyle: { color: look.token(kind === "centre" ? "brand" : "state-fault"), type: kind === "centre" ? "solid" : "dashed", width: 2 },
      label: { formatter: `${label}\n${digits(value)}`, color: look.token("ink"), position: "end", align: "left" },
    });

    const shape = ({ value, mark }) => ({
      value, symbol: mark ? "diamond" : "circle", symbolSize: mark ? 14 : 7,
      itemStyle: { color: look.token(mark ? "state-fault" : "factor-availability") },
    });

    const levels = [...points.map((point) => point.value), ...lines.map((line) => line.value)].filter((value) => value !== null);
    const [least, most] = [Math.min(...levels), Math.max(...levels)];
    const room = (most - least || Math.abs(most) || 1) * 0.1;
    const floor = least >= 0 ? Math.max(0, least - room) : least - room;

    return {
      grid: { left: 4, right: 132, top: 28, bottom: 4, containLabel: true },
      xAxis: { ...look.axis, type: "category", data: points.map((point) => point.label), splitLine: { show: false } },
      yAxis: { ...look.axis, type: "value", name: measured, min: floor, max: most + room, axisLabel: { ...look.axis.axisLabel, showMinLabel: floor === 0, showMaxLabel: false, formatter: (value) => digits(value) } },
      tooltip: { trigger: "axis", formatter: tell },
      series: [{
        type: "line", data: points.map(shape), showAllSymbol: true, connectNulls: false,
        lineStyle: { color: look.token("factor-availability"), width: 1.5 },
        // Without a precision of its own a line is moved to the next hundredth.
        markLine: { symbol: "none", silent: true, precision: 12, data: lines.map(across) },
      }],
    };
  }

  Object.assign(mes.charts, { run: control, individuals: control, ranges: control });
})();
