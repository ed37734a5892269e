// What a request that changes something shows, to prove that it comes from one of our pages.
export const csrf = () => ({ "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"] });
