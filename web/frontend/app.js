/* What every page loads. Each module looks after one thing and starts itself. */
import "htmx.org";
import "./frame.js";
import "./time.js";
import "./toast.js";
import "./forms.js";
import "./list.js";
import "./result.js";
import "./agreement.js";
import "./live.js";
import "./lamp.js";
import "./dial.js";
import "./phone.js";
import "./pop.js";
import "./refresh.js";
import "./money.js";
import "./player.js";
import "./keys.js";
