// Swagger UI with this server's document, put into a page that can be used without a mouse and read aloud.
"use strict";

// Swagger UI puts links that lead nowhere into the buttons that open an operation: as text they are no second control.
// Its groups are headings of the third level below one of the first.
function mend() {
  for (const link of place.querySelectorAll("button a")) {
    const text = document.createElement("span");
    text.append(...link.childNodes);
    link.replaceWith(text);
  }
  for (const group of place.querySelectorAll("h3.opblock-tag")) group.ariaLevel = "2";
}

const place = document.getElementById("documentation");
place.replaceChildren();
new MutationObserver(mend).observe(place, { childList: true, subtree: true });
SwaggerUIBundle({
  url: "openapi.json",
  domNode: place,
  deepLinking: false,
  operationsSorter: "alpha",
  defaultModelsExpandDepth: -1,
  presets: [SwaggerUIBundle.presets.apis],
});
