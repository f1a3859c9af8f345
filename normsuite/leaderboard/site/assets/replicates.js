"use strict";
/* Replicates of the joint bootstrap: both models' were drawn from the same clusters, so they are subtracted as they are. */
(() => {
  const TAILS = [0.025, 0.975];

  /** Values of one model in every replicate. @param {{value: number, step: number, replicates: string}} packed */
  normsuite.replicates = (packed) => {
    const letters = atob(packed.replicates);
    const view = new DataView(new ArrayBuffer(letters.length));
    for (let at = 0; at < letters.length; at += 1) view.setUint8(at, letters.charCodeAt(at));
    return Float64Array.from({ length: letters.length / 2 }, (_, at) => packed.value + packed.step * view.getInt16(2 * at, true));
  };

  const quantile = (sorted, share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  };

  /**
   * One model minus another, with the percentile interval of their paired difference.
   * @returns {{value: number, low: number, high: number}}
   */
  normsuite.pairedDifference = (first, second) => {
    const [a, b] = [normsuite.replicates(first), normsuite.replicates(second)];
    const drawn = a.map((value, at) => value - b[at]).sort();
    return { value: first.value - second.value, low: quantile(drawn, TAILS[0]), high: quantile(drawn, TAILS[1]) };
  };

  /**
   * The interval of a difference from two intervals alone (Zou and Donner 2008, Statistics in Medicine 27): as if the
   * two were of different items. Of the same items it is wider than a paired one.
   */
  normsuite.unpairedDifference = (a, b) => {
    const value = a.value - b.value;
    if ([a.low, a.high, b.low, b.high].some((one) => one === null || one === undefined)) return { value, low: null, high: null };
    return {
      value,
      low: value - Math.hypot(a.value - a.low, b.high - b.value),
      high: value + Math.hypot(a.high - a.value, b.value - b.low),
    };
  };
})();
