// What every page has. The inbox adds its own (inbox.js).
import "./bell.js";
import "./dialogs.js";
import "./early.js";
import "./focus.js";
import "./installed.js";
import "./menu.js";
import "./palette.js";
import "./presence.js";
import "./refusals.js";
import "./stream.js";
import "./switches.js";
import "./times.js";
import "./toasts.js";
