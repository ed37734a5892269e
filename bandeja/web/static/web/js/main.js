// What every page has. The inbox adds its own (inbox.js).
import "./dialogs.js";
import "./menu.js";
import "./palette.js";
import "./refusals.js";
import "./switches.js";
import "./times.js";
import "./toasts.js";
