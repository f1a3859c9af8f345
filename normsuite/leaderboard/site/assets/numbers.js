"use strict";
/* Numbers of the data files, which are whole multiples of 1 / SCALE, and how they are drawn. */
(() => {
  const SCALE = 10_000;
  const NOTHING = "–";
  const SVG = "http://www.w3.org/2000/svg";

  /** To three decimals. @param {number|null|undefined} value in multiples of 1 / SCALE */
  normsuite.decimal = (value) => (value === null || value === undefined ? NOTHING : (value / SCALE).toFixed(3));

  /** "[0.512, 0.587]", or nothing. @param {number|null} low @param {number|null} high */
  normsuite.bounds = (low, high) => (low === null || high === null || low === undefined || high === undefined
    ? "" : `[${normsuite.decimal(low)}, ${normsuite.decimal(high)}]`);

  /** A value above its interval. @returns {Node[]} */
  normsuite.valueCell = (value, low, high) => {
    const bounds = normsuite.bounds(low, high);
    return [document.createTextNode(normsuite.decimal(value)),
      ...(bounds ? [normsuite.element("small", {}, bounds)] : [])];
  };

  const part = (tag, attributes) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    return made;
  };

  /**
   * A line from low to high with a dot on value, on a scale from start to end. Numbers stand beside it.
   * @param {{low: number, high: number, value: number, start: number, end: number, zero?: number}} drawn
   * @returns {SVGElement}
   */
  normsuite.strip = ({ low, high, value, start, end, zero }) => {
    const at = (number) => Math.max(2, Math.min(98, 2 + (96 * (number - start)) / (end - start || 1)));
    const svg = part("svg", { class: "strip", viewBox: "0 0 100 12", "aria-hidden": "true", preserveAspectRatio: "none" });
    if (zero !== undefined) svg.append(part("line", { class: "zero", x1: at(zero), x2: at(zero), y1: 0, y2: 12 }));
    svg.append(part("line", { class: "reach", x1: at(low), x2: Math.max(at(high), at(low) + 0.5), y1: 6, y2: 6 }));
    svg.append(part("line", { class: "point", x1: at(value) - 0.1, x2: at(value) + 0.1, y1: 6, y2: 6 }));
    return svg;
  };
})();
