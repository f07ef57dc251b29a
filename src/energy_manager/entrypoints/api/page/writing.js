// How the page writes: always as text, never as HTML, whatever an asset is called; and only what has changed.

export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function number(value, digits = 0) {
  if (value === null || value === undefined) return "–";
  const words = Math.abs(value).toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return value < 0 ? `−${words}` : words;
}
