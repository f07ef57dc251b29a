// Where one is: view, asset and time stand in the address, so that it can be sent in a message.
//
// "#/assets/battery?at=2026-03-02T12:00:00Z" is {view: "assets", asset: "battery", at: "2026-…"}; more names may follow.

export function placeOf(hash) {
  const [path, query] = hash.replace(/^#?\/?/, "").split("?");
  const [view, asset] = path.split("/").map(decoded);
  return { ...Object.fromEntries(new URLSearchParams(query ?? "")), view: view || "", asset: asset || null };
}

export function address({ view, asset, ...more }) {
  const said = Object.entries(more).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = said.length ? `?${new URLSearchParams(said)}` : "";
  return `#/${encodeURIComponent(view)}${asset ? `/${encodeURIComponent(asset)}` : ""}${query}`;
}

export function go(place) {
  location.hash = address(place);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
