// What a popup blocker of the browser's add-ons does to the window.
window.close();
