"use strict";
/* Data that the page carries: JSON in an element, compressed where it is long. */

/**
 * What the element holds; it is read once and then emptied, to free the memory.
 * @param {string} id
 * @returns {Promise<any>}
 */
normsuite.unpack = async (id) => {
  const holder = document.getElementById(id);
  const packed = holder.type.endsWith("+gzip");
  const text = packed ? await normsuite.inflate(holder.textContent) : holder.textContent;
  holder.textContent = "";
  return JSON.parse(text);
};

/**
 * Text that was compressed with gzip and written in base64.
 * @param {string} base64
 * @returns {Promise<string>}
 */
normsuite.inflate = (base64) => {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
};
