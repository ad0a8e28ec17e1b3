// ReDoc on this page; it writes its styles under our nonce.
const place = document.getElementById("redoc");
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");

// It would fetch its maker's logo from the maker's server, where a plant without internet waits in vain.
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(url) {
    source.set.call(this, url.startsWith("https://cdn.redoc.ly/") ? place.dataset.logo : url);
  },
});

Redoc.init(place.dataset.schema, { nonce: document.currentScript.nonce }, place);
