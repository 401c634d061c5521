// Draws the charts of a report. A figure has a plot, and a JSON that says what is meant; how it looks is decided here.
(function () {
  'use strict';
  var paperWidths = [325, 670]; // pixels, of charts that are printed side by side and alone
  var drawn = new Map(); // by identifier of the figure: {plot, chart, text, spec, hidden}
  var paper = false;
  var root = document.documentElement;
  root.classList.add('js');

  function color(name) { return getComputedStyle(root).getPropertyValue('--' + name).trim(); }
  function seriesColor(i) { return color('c' + (i || 0) % 8); }

  // shown is a number with five digits at most.
  function shown(v) {
    if (v === null || v === undefined || typeof v === 'string') return v === null || v === undefined ? '–' : v;
    if (!isFinite(v)) return '–';
    if (v === 0) return '0';
    var size = Math.abs(v);
    if (size >= 1e6 || size < 1e-3) return v.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e');
    return String(Number(v.toPrecision(5)));
  }

  // tick is a number at an axis: ECharts chooses round ones, up to the noise of their sums.
  function tick(v) {
    if (v === 0) return '0';
    var size = Math.abs(v);
    if (size >= 1e5 || size < 1e-3) return Number(v.toPrecision(4)).toExponential().replace('e+', 'e');
    return String(Number(v.toPrecision(4)));
  }

  function escaped(text) {
    return String(text).replace(/[&<>"']/g, function (c) { return '&#' + c.charCodeAt(0) + ';'; });
  }

  function cut(text, most) {
    text = String(text);
    return text.length > most ? text.slice(0, most - 1) + '…' : text;
  }

  // cutName keeps the end of a dotted name, which says most.
  function cutName(text, most) {
    text = String(text);
    if (text.length <= most || text.indexOf('.') < 0) return cut(text, most);
    return '…' + text.slice(text.length - most + 1);
  }

  function titled(axis) { return axis.name + (axis.unit ? ' (' + axis.unit + ')' : ''); }

  function words() { return { color: color('text'), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 }; }
  function soft() { return { color: color('soft'), fontFamily: words().fontFamily, fontSize: 12 }; }

  function range(values) {
    var least = Infinity, most = -Infinity;
    values.forEach(function (v) { if (v !== null && isFinite(v)) { least = Math.min(least, v); most = Math.max(most, v); } });
    return [least, most];
  }

  // valueAxis is an axis of numbers; which is 'x' or 'y'. Logarithmic ones end at numbers 1, 2, 5 times a power of ten.
  function valueAxis(axis, which, values) {
    var a = {
      type: axis.log ? 'log' : 'value', scale: !axis.fromZero, name: titled(axis),
      nameLocation: which === 'x' ? 'middle' : 'end', nameGap: which === 'x' ? 28 : 12, nameTextStyle: Object.assign(words(), { align: which === 'x' ? 'center' : 'left', padding: which === 'x' ? 0 : [0, 0, 0, -8] }),
      axisLabel: Object.assign(soft(), { hideOverlap: true, formatter: tick }),
      axisLine: { show: true, onZero: false, lineStyle: { color: color('line') } }, axisTick: { lineStyle: { color: color('line') } },
      splitLine: { lineStyle: { color: color('line'), opacity: .55 } }, splitNumber: 4
    };
    if (axis.whole) a.minInterval = 1;
    if (axis.categories) {
      return Object.assign(a, { type: 'value', min: -.5, max: axis.categories.length - .5, interval: 1, splitLine: { show: false }, scale: true,
        axisLabel: Object.assign(soft(), { formatter: function (v) { return Number.isInteger(v) && axis.categories[v] !== undefined ? cut(axis.categories[v], 14) : ''; }, customValues: axis.categories.map(function (_, i) { return i; }) }), axisTick: { show: false } });
    }
    var ends = range(values);
    if (axis.ends) {
      a.min = axis.ends[0]; a.max = axis.ends[1];
    } else if (axis.log && ends[0] > 0) {
      var bounds = [1, 2, 5].reduce(function (list, f) { for (var e = -12; e <= 12; e++) list.push(f * Math.pow(10, e)); return list; }, []).sort(function (p, q) { return p - q; });
      var low = bounds.filter(function (b) { return b <= ends[0] * 1.0001; }).pop(), high = bounds.filter(function (b) { return b >= ends[1] * .9999; })[0];
      if (low && high && low < high) {
        a.min = low; a.max = high;
        var marks = bounds.filter(function (b) { return b >= low * .999 && b <= high * 1.001; });
        if (marks.length > 6) marks = marks.filter(function (b) { return Math.abs(Math.log10(b) - Math.round(Math.log10(b))) < 1e-6; });
        a.axisLabel.customValues = marks; a.axisTick.customValues = marks;
        a.splitLine.show = false;
      }
    } else if (which === 'x' && isFinite(ends[0]) && ends[0] < ends[1]) {
      a.min = ends[0]; a.max = ends[1];
      if (!axis.whole) { delete a.min; delete a.max; }
    }
    return a;
  }

  var dashes = ['solid', 'solid', 'solid', 'solid', 'solid', 'solid', 'solid', 'solid'];
  var symbols = ['circle', 'rect', 'triangle', 'diamond', 'circle', 'rect', 'triangle', 'diamond'];

  // band is a polygon between two lines, drawn once for all of its points.
  function band(s) {
    return {
      type: 'custom', name: s.name, silent: true, z: 1, clip: true, encode: { x: 0, y: [1, 2] }, data: s.points, color: seriesColor(s.color), tooltip: { show: false },
      renderItem: function (params, api) {
        if (params.dataIndexInside !== 0) return null;
        var points = s.points.map(function (p) { return api.coord([p[0], p[2]]); });
        s.points.slice().reverse().forEach(function (p) { points.push(api.coord([p[0], p[1]])); });
        return { type: 'polygon', shape: { points: points }, style: { fill: seriesColor(s.color), opacity: .2 } };
      }
    };
  }

  function lineOrPoints(s, width) {
    var c = s.faint ? color('soft') : seriesColor(s.color);
    if (s.draw === 'points') {
      return { type: 'scatter', name: s.name, data: s.points, symbol: symbols[s.color % 8], symbolSize: s.points.length > 150 ? 5 : 8, itemStyle: { color: c, opacity: .75 }, z: 3 };
    }
    if (s.draw === 'step') return { type: 'line', name: s.name, data: s.points, step: 'end', showSymbol: false, symbol: 'circle', z: 2, lineStyle: { color: c, width: 2 }, itemStyle: { color: c }, emphasis: { disabled: true } };
    if (s.faint) return { type: 'line', name: s.name, data: s.points, showSymbol: false, symbol: 'circle', z: 1, lineStyle: { color: c, width: 1, opacity: .55, type: s.draw === 'dashed' ? [4, 4] : 'solid' }, itemStyle: { color: c }, emphasis: { disabled: true } };
    var few = s.points.length < 2 || s.points.length <= 12 && width > 300;
    return {
      type: 'line', name: s.name, data: s.points, showSymbol: few, symbol: symbols[s.color % 8], symbolSize: 5, z: 2, connectNulls: true,
      lineStyle: { color: c, width: 2, type: s.draw === 'dashed' ? [6, 4] : dashes[s.color % 8] }, itemStyle: { color: c }, emphasis: { disabled: true }
    };
  }

  function xy(spec, width) {
    var xs = [], ys = [];
    spec.series.forEach(function (s) { s.points.forEach(function (p) { xs.push(p[0]); ys.push(p[1]); if (p.length > 2) ys.push(p[2]); }); });
    var x = valueAxis(spec.x, 'x', xs), y = valueAxis(spec.y, 'y', ys);
    var series = spec.series.map(function (s) { return s.draw === 'band' ? band(s) : lineOrPoints(s, width); });
    if (spec.equal) {
      var ends = range(xs.concat(ys));
      series.unshift({ type: 'line', name: 'equal', data: [[ends[0], ends[0]], [ends[1], ends[1]]], showSymbol: false, silent: true, z: 1, lineStyle: { color: color('soft'), width: 1, type: 'solid' }, tooltip: { show: false }, emphasis: { disabled: true } });
    }
    if (spec.marks && series.length) {
      series[series.length - 1].markLine = {
        symbol: 'none', silent: true, animation: false, lineStyle: { color: color('soft'), type: [3, 3], width: 1 },
        label: Object.assign(soft(), { formatter: function (p) { return p.name; }, position: 'end' }),
        data: spec.marks.map(function (m) { return { name: m.name, xAxis: m.at }; })
      };
    }
    var points = spec.series.every(function (s) { return s.draw === 'points'; });
    var tip = tooltip(points ? 'item' : 'axis', function (list) {
      if (!Array.isArray(list)) list = [list];
      list = list.filter(function (p) { return p.seriesType !== 'custom' && p.seriesName !== 'equal'; });
      if (!list.length) return '';
      var at = list[0].value[0], label = spec.x.categories ? spec.x.categories[at] : shown(at);
      var lines = list.slice(0, 12).map(function (p) {
        var s = spec.series.filter(function (o) { return o.name === p.seriesName && o.draw !== 'band'; })[0];
        var extra = s && s.labels && s.labels[p.dataIndex] ? s.labels[p.dataIndex] + ': ' : '';
        var b = spec.series.filter(function (o) { return o.name === p.seriesName && o.draw === 'band'; })[0];
        var q = b && b.points[p.dataIndex];
        return p.marker + escaped(extra + p.seriesName) + ' <b>' + shown(p.value[1]) + '</b>' + (q ? ' (' + shown(q[1]) + ' to ' + shown(q[2]) + ')' : '');
      });
      return escaped(spec.x.name + ' ' + label) + '<br>' + lines.join('<br>');
    });
    return { option: { grid: { left: 2, right: 14, top: spec.marks ? 14 : 4, bottom: 2, outerBoundsMode: 'same' }, xAxis: x, yAxis: y, series: series, tooltip: tip }, height: spec.equal ? Math.min(320, width) : 230 };
  }

  function tooltip(trigger, formatter) {
    return {
      trigger: trigger, confine: true, transitionDuration: 0, backgroundColor: color('page'), borderColor: color('line'), textStyle: Object.assign(words(), { fontSize: 12 }), formatter: formatter,
      axisPointer: { type: 'line', lineStyle: { color: color('soft'), width: 1 } }, extraCssText: 'max-width:min(22rem,80vw);white-space:normal;'
    };
  }

  function categoryAxis(list, width, most) {
    var room = Math.max(8, Math.floor(width / 21));
    return {
      type: 'category', data: list.map(function (_, i) { return i; }), inverse: true, axisTick: { show: false }, axisLine: { lineStyle: { color: color('line') } },
      axisLabel: Object.assign(words(), { interval: most && list.length > most ? 'auto' : 0, formatter: function (i) { return cutName(list[i], room); } })
    };
  }

  // intervals: a row for each category, with a mean, an interval and points.
  function intervals(spec, width) {
    var values = [];
    var series = spec.series.map(function (s) {
      if (s.draw === 'points') {
        s.points.forEach(function (p) { values.push(p[1]); });
        return { type: 'scatter', name: s.name, data: s.points.map(function (p) { return [p[1], p[0]]; }), symbol: 'circle', symbolSize: 8, symbolOffset: [0, 9], itemStyle: { color: 'transparent', borderColor: seriesColor(s.color), borderWidth: 1.5 }, z: 3 };
      }
      s.points.forEach(function (p) { values.push(p[1], p[3]); });
      return {
        type: 'custom', name: s.name, z: 2, encode: { x: [1, 2, 3], y: 0 }, data: s.points, color: seriesColor(s.color),
        renderItem: function (params, api) {
          var p = s.points[params.dataIndex], low = api.coord([p[1], p[0]]), mean = api.coord([p[2], p[0]]), high = api.coord([p[3], p[0]]), c = seriesColor(s.color);
          function segment(x1, y1, x2, y2) { return { type: 'line', shape: { x1: x1, y1: y1, x2: x2, y2: y2 }, style: { stroke: c, lineWidth: 2.5, fill: null } }; }
          return { type: 'group', children: [
            segment(low[0], low[1], high[0], high[1]), segment(low[0], low[1] - 5, low[0], low[1] + 5), segment(high[0], high[1] - 5, high[0], high[1] + 5),
            { type: 'circle', shape: { cx: mean[0], cy: mean[1], r: 5 }, style: { fill: c } }] };
        }
      };
    });
    if (spec.zero) values.push(0);
    var ends = range(values), margin = (ends[1] - ends[0] || Math.abs(ends[0]) || 1) * .06;
    var x = valueAxis(spec.x, 'x', values);
    x.min = ends[0] - margin; x.max = ends[1] + margin;
    x.axisLabel.showMinLabel = false; x.axisLabel.showMaxLabel = false;
    if (spec.zero && series.length) {
      series[0].markLine = { symbol: 'none', silent: true, animation: false, lineStyle: { color: color('text'), type: 'solid', width: 1.5 }, label: { show: false }, data: [{ xAxis: 0 }] };
    }
    var n = spec.y.categories.length;
    return {
      option: { grid: { left: 2, right: 14, top: 2, bottom: 2, outerBoundsMode: 'same' }, xAxis: x, yAxis: categoryAxis(spec.y.categories, width), series: series,
        tooltip: tooltip('item', function (p) {
          var s = spec.series[p.seriesIndex], q = s.points[p.dataIndex], name = escaped(spec.y.categories[q[0]]);
          if (s.draw === 'points') return name + '<br>' + escaped(s.labels ? s.labels[p.dataIndex] : '') + ' <b>' + shown(q[1]) + '</b>';
          return name + '<br>mean <b>' + shown(q[2]) + '</b><br>' + shown(q[1]) + ' to ' + shown(q[3]);
        }) },
      height: 52 + 44 * n
    };
  }

  function bars(spec, width) {
    var s = spec.series[0], list = spec.y.categories;
    var x = valueAxis(spec.x, 'x', s.points.map(function (p) { return p[0]; }));
    x.min = 0; delete x.max;
    if (s.points.every(function (p) { return p[0] <= 1; }) && s.points.some(function (p) { return p[0] > .75; })) { x.max = 1; x.interval = .25; }
    var y = categoryAxis(list, width);
    if (list.length > 40) y.axisLabel.fontSize = 10;
    return {
      option: { grid: { left: 2, right: 44, top: 2, bottom: 2, outerBoundsMode: 'same' }, xAxis: x, yAxis: y,
        series: [{ type: 'bar', name: s.name, data: s.points.map(function (p) { return p[0]; }), itemStyle: { color: seriesColor(s.color) }, barMaxWidth: 22, emphasis: { disabled: true }, label: Object.assign(soft(), { show: list.length <= 40, position: 'right', formatter: function (p) { return shown(Number(p.value.toPrecision(3))); } }) }],
        tooltip: tooltip('item', function (p) { return escaped(list[p.dataIndex]) + ' <b>' + shown(p.value) + '</b>'; }) },
      height: 46 + Math.max(16, list.length > 40 ? 14 : 20) * list.length
    };
  }

  function heat(spec, width) {
    var h = spec.heat, data = [], xs = spec.x.categories, ys = spec.y.categories;
    h.cells.forEach(function (line, j) { line.forEach(function (v, i) { data.push([i, j, v]); }); });
    var same = xs.length === ys.length && xs.every(function (x, i) { return x === ys[i]; });
    var steps = !same;
    var longest = xs.concat(ys).reduce(function (most, name) { return Math.max(most, name.length); }, 0);
    var small = Math.max(7, Math.min(12, Math.floor((width - 60) / xs.length * 1.1)));
    var place = function (name) { return { type: 'category', name: name, nameLocation: 'middle', nameTextStyle: words(), axisTick: { show: false }, axisLine: { lineStyle: { color: color('line') } }, splitArea: { show: false } }; };
    var x = Object.assign(place(spec.x.name), { data: xs.map(function (_, i) { return i; }), nameGap: same ? Math.min(12, longest) * small * .56 + 16 : 30,
      axisLabel: Object.assign(soft(), { fontSize: steps ? 11 : small, rotate: same ? 90 : 0, interval: same ? 0 : 'auto', hideOverlap: !same, formatter: function (i) { return steps && xs[i].indexOf(' ') > 0 ? xs[i].replace(/^\d+ /, '') : cut(xs[i], 12); } }) });
    var y = Object.assign(place(''), { data: ys.map(function (_, i) { return i; }), inverse: same,
      axisLabel: Object.assign(soft(), { fontSize: same ? small : 11, interval: same ? 0 : 'auto', formatter: function (i) { return cut(ys[i], 12); } }) });
    y.name = spec.y.name; y.nameLocation = same ? 'start' : 'end'; y.nameGap = 8; y.nameTextStyle = Object.assign(words(), { align: 'right' });
    var colors = h.diverging ? [color('negative'), color('middle'), color('positive')] : [color('low'), color('high')];
    var side = Math.min(width, 760);
    return {
      option: { grid: { left: 2, right: 10, top: 24, bottom: 2, outerBoundsMode: 'same' }, xAxis: x, yAxis: y,
        visualMap: { type: 'continuous', min: h.low, max: h.high, calculable: false, orient: 'horizontal', right: 12, top: 2, itemWidth: 10, itemHeight: 110, precision: 2, textStyle: soft(), text: [shown(h.high), shown(h.low)], inRange: { color: colors }, hoverLink: false },
        series: [{ type: 'heatmap', name: h.name, data: data, emphasis: { disabled: true }, progressive: 0, itemStyle: { borderWidth: same && xs.length <= 40 ? .5 : 0, borderColor: color('page') }, label: { show: same && (width - 60) / xs.length > 38, formatter: function (p) { return shown(Number(p.value[2].toPrecision(2))); }, fontSize: 11 } }],
        tooltip: tooltip('item', function (p) { return escaped(spec.y.name + ' ' + ys[p.value[1]]) + '<br>' + escaped(spec.x.name + ' ' + xs[p.value[0]]) + '<br>' + escaped(h.name) + ' <b>' + shown(p.value[2]) + '</b>'; }) },
      height: same ? Math.min(side, 100 + Math.max(20, Math.min(26, Math.floor((side - 100) / xs.length))) * xs.length) : 250
    };
  }

  function parallel(spec, width) {
    var axes = spec.lines.axes, last = axes.length - 1, rows = spec.lines.rows, upright = width < 120 * axes.length;
    var halo = { textBorderColor: color('page'), textBorderWidth: 4 };
    var list = axes.map(function (a, i) {
      var values = rows.map(function (r) { return r[i]; }), ends = range(values);
      var p = { dim: i, name: cutName(titled(a), upright ? 40 : Math.max(6, Math.floor((width - 92) / last / 6.8 * (i === 0 || i === last || i === 1 || i === last - 1 ? .72 : 1)))), nameLocation: 'end', nameGap: upright ? 6 : 14 + (i % 2 && width < 150 * axes.length ? 14 : 0), nameTextStyle: Object.assign(words(), { align: upright ? 'left' : i === 0 ? 'left' : i === last ? 'right' : 'center' }), type: a.log ? 'log' : 'value', scale: true,
        axisLabel: Object.assign(soft(), halo, { formatter: tick }), axisLine: { lineStyle: { color: color('soft') } }, axisTick: { lineStyle: { color: color('line') } }, splitNumber: 4 };
      if (a.categories) {
        p.type = 'category'; p.data = a.categories.map(function (c) { return cut(c, 14); });
        delete p.axisLabel.formatter;
      } else if (isFinite(ends[0])) { p.min = ends[0]; p.max = ends[1] > ends[0] ? ends[1] : ends[0] + 1; if (a.log) { p.axisLabel.customValues = logMarks(ends); } }
      return p;
    });
    if (upright) list.forEach(function (p) {
      p.nameLocation = 'start'; p.nameGap = 0;
      p.nameTextStyle = Object.assign(words(), halo, { align: 'left', verticalAlign: 'bottom', padding: [0, 0, 8, 0] });
    });
    // The shade goes by rank, the worst first: a few bad trials would hide what the others differ in.
    var ranked = rows.map(function (r) { return r[last]; }).sort(function (p, q) { return spec.higher ? p - q : q - p; });
    function shade(v) { return ranked.length > 1 ? ranked.indexOf(v) / (ranked.length - 1) : 1; }
    var clear = Math.max(.25, Math.min(.8, 4 / Math.sqrt(rows.length)));
    var from = color('c1'), to = color('c0');
    var series = rows.map(function (r, i) {
      var good = shade(r[last]);
      return { value: r.map(function (v) { return v === null ? '-' : v; }), lineStyle: { color: mix(from, to, good), width: i === 0 ? 4 : rows.length > 60 ? 1 : 1.6, opacity: i === 0 ? 1 : clear * (.5 + .5 * good) } };
    }).reverse();
    return {
      option: { parallel: { left: upright ? 14 : 46, right: upright ? 24 : 46, top: upright ? 30 : 46, bottom: upright ? 26 : 14, layout: upright ? 'vertical' : 'horizontal' }, parallelAxis: list,
        series: [{ type: 'parallel', data: series, smooth: false, emphasis: { disabled: true }, inactiveOpacity: .05, progressive: 0, tooltip: { show: true } }] },
      height: upright ? 84 * axes.length : 320
    };
  }

  function logMarks(ends) {
    var marks = [];
    for (var e = Math.floor(Math.log10(ends[0])); e <= Math.log10(ends[1]); e++) { var v = Math.pow(10, e); if (v >= ends[0] && v <= ends[1]) marks.push(v); }
    return marks.length > 1 ? marks : [ends[0], ends[1]];
  }

  function mix(from, to, share) {
    function parts(c) { return [1, 3, 5].map(function (i) { return parseInt(c.slice(i, i + 2), 16); }); }
    var a = parts(from), b = parts(to);
    return 'rgb(' + a.map(function (v, i) { return Math.round(v + (b[i] - v) * share); }).join(',') + ')';
  }

  var kinds = { xy: xy, intervals: intervals, bars: bars, heat: heat, parallel: parallel };

  // legend is made of buttons above the plot, so that it covers nothing and can be reached with the keyboard.
  function legend(entry) {
    var old = entry.figure.querySelector('.legend');
    if (old) old.remove();
    var spec = entry.spec, names = [], list = spec.series || [];
    list.forEach(function (s) { if (!s.faint && names.indexOf(s.name) < 0) names.push(s.name); });
    if (spec.kind !== 'xy' && spec.kind !== 'intervals' || names.length < 2 && spec.kind === 'xy') return;
    var ul = document.createElement('ul');
    ul.className = 'legend';
    names.forEach(function (name) {
      var of = list.filter(function (s) { return s.name === name; }), s = of[of.length - 1], c = seriesColor(s.color);
      var li = document.createElement('li'), b = document.createElement('button');
      b.type = 'button';
      b.setAttribute('aria-pressed', entry.hidden[name] ? 'false' : 'true');
      var mark = { points: '<circle cx="11" cy="6" r="4"/>', errors: '<path d="M2 6h18M2 2v8M20 2v8" stroke-width="2"/><circle cx="11" cy="6" r="3.5"/>', band: '<rect x="1" y="1" width="20" height="10" opacity=".3"/>', dashed: '<path d="M1 6h20" stroke-width="2.5" stroke-dasharray="6 4"/>' }[s.draw] || '<path d="M1 6h20" stroke-width="2.5"/>';
      if (spec.kind === 'intervals' && s.draw === 'points') mark = '<circle cx="11" cy="6" r="4" fill="none" stroke-width="1.5"/>';
      b.innerHTML = '<svg width="22" height="12" aria-hidden="true">' + mark + '</svg>';
      b.firstChild.setAttribute('fill', c);
      b.firstChild.setAttribute('stroke', c);
      b.appendChild(document.createTextNode(name));
      b.addEventListener('click', function () {
        entry.hidden[name] = !entry.hidden[name];
        b.setAttribute('aria-pressed', entry.hidden[name] ? 'false' : 'true');
        update(entry);
      });
      li.appendChild(b);
      ul.appendChild(li);
    });
    entry.figure.insertBefore(ul, entry.plot);
  }

  function update(entry) {
    var alone = entry.figure.classList.contains('wide') || !entry.figure.closest('.pair');
    var width = paper && entry.plot.clientWidth ? paperWidths[alone ? 1 : 0] : entry.plot.clientWidth;
    if (!width) return; // folded away
    var spec = entry.spec;
    if (spec.series) {
      spec = Object.assign({}, spec, { series: spec.series.filter(function (s) { return !entry.hidden[s.name]; }) });
      if (!spec.series.length) spec.series = [Object.assign({}, entry.spec.series[0], { points: [] })];
    }
    var made = kinds[spec.kind](spec, width);
    if (paper && spec.kind === 'xy' && !alone) made.height = Math.min(made.height, 190);
    entry.plot.style.height = made.height + 'px';
    if (!entry.chart) entry.chart = echarts.init(entry.plot, null, { renderer: 'svg', width: width, height: made.height });
    entry.chart.resize({ width: width, height: made.height, silent: true });
    entry.chart.setOption(Object.assign({
      animation: false, backgroundColor: 'transparent', textStyle: words(),
      aria: { enabled: true, label: { description: spec.title + '. ' + spec.summary } }
    }, made.option), true);
    entry.width = width;
    // The plot is one picture to a screen reader, called by its name; its numbers are in the table.
    entry.plot.setAttribute('role', 'img');
    entry.plot.setAttribute('aria-label', spec.title + '. ' + spec.summary);
  }

  function forget(id) {
    var entry = drawn.get(id);
    if (entry.chart) entry.chart.dispose();
    sizes.unobserve(entry.plot);
    drawn.delete(id);
  }

  var sizes = new ResizeObserver(function (list) {
    if (paper) return;
    list.forEach(function (seen) {
      drawn.forEach(function (entry) { if (entry.plot === seen.target && entry.plot.clientWidth !== entry.width) update(entry); });
    });
  });

  // gruexpCharts draws what is in an element and has not been drawn, and gives up what has gone.
  window.gruexpCharts = function (within) {
    drawn.forEach(function (entry, id) { if (!entry.plot.isConnected) forget(id); });
    (within || document).querySelectorAll('figure.chart').forEach(function (figure) {
      var plot = figure.querySelector('.plot'), text = figure.querySelector('script[type="application/json"]').textContent;
      var entry = drawn.get(figure.id);
      if (entry && entry.plot === plot && entry.text === text) { entry.figure = figure; if (!figure.querySelector('.legend')) legend(entry); return; }
      if (entry && entry.plot !== plot) { forget(figure.id); entry = null; }
      if (!entry) { entry = { plot: plot, hidden: {} }; drawn.set(figure.id, entry); sizes.observe(plot); }
      entry.figure = figure; entry.text = text; entry.spec = JSON.parse(text);
      legend(entry);
      update(entry);
    });
  };

  // inView is the first picture or section that is seen, and where: it stays there.
  function inView(within) {
    var found = null;
    if (window.scrollY > 0) within.querySelectorAll('section[id], figure[id]').forEach(function (e) {
      var box = e.getBoundingClientRect();
      if (box.top <= window.innerHeight / 3 && box.bottom > 0) found = { id: e.id, top: box.top };
    });
    return found;
  }

  // gruexpSwap puts the inside of a newer report in the place of the older one in an element.
  window.gruexpSwap = function (within, html) {
    var fresh = document.createElement('template');
    fresh.innerHTML = html;
    var anchor = inView(within), x = window.scrollX, y = window.scrollY;
    var open = {}, scrolled = {}, focused = document.activeElement, key = null;
    within.querySelectorAll('details[data-key]').forEach(function (d) { open[d.dataset.key] = d.open; });
    within.querySelectorAll('.scroll').forEach(function (s) { if (s.scrollTop || s.scrollLeft) scrolled[s.getAttribute('aria-label')] = [s.scrollTop, s.scrollLeft]; });
    if (focused && within.contains(focused)) {
      var same = Array.from(within.querySelectorAll(focused.tagName));
      key = [focused.tagName, same.indexOf(focused)];
    }
    fresh.content.querySelectorAll('details[data-key]').forEach(function (d) { if (d.dataset.key in open) d.open = open[d.dataset.key]; });
    fresh.content.querySelectorAll('figure.chart').forEach(function (figure) { // charts go on in the new figures
      var entry = drawn.get(figure.id);
      if (entry && entry.plot.isConnected) figure.querySelector('.plot').replaceWith(entry.plot);
    });
    within.replaceChildren(fresh.content);
    within.querySelectorAll('.scroll').forEach(function (s) {
      var at = scrolled[s.getAttribute('aria-label')];
      if (at) { s.scrollTop = at[0]; s.scrollLeft = at[1]; }
    });
    window.gruexpCharts(within);
    var place = anchor && document.getElementById(anchor.id);
    window.scrollTo(x, place ? window.scrollY + place.getBoundingClientRect().top - anchor.top : y);
    if (key && key[1] >= 0) {
      var again = within.querySelectorAll(key[0])[key[1]];
      if (again) again.focus({ preventScroll: true });
    }
  };

  function redraw() { drawn.forEach(function (entry) { legend(entry); update(entry); }); }
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  function onPaper(is) {
    if (paper === is) return;
    paper = is;
    root.classList.toggle('paper', is);
    redraw();
  }
  window.addEventListener('beforeprint', function () { onPaper(true); });
  window.addEventListener('afterprint', function () { onPaper(false); });
  document.addEventListener('toggle', function (e) { if (e.target.open) drawn.forEach(function (entry) { if (e.target.contains(entry.plot)) update(entry); }); }, true);

  window.gruexpCharts(document);
})();
