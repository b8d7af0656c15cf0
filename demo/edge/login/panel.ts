import { type Html, html } from "../../html.ts";
import type { LoginPanelView } from "./view.ts";
import { expectation, LOGOUT, stepsOf } from "./wording.ts";

/** The panel's section about the login at the provider: each step in words, the logout, and the switch of the provider. */
export function loginSection(view: LoginPanelView): Html {
  const { flow, address } = view;
  return html`<section id="provider" class="lab" aria-labelledby="provider-title">
<h2 id="provider-title"><span>6</span> Log in with a real provider</h2>
<p>Step 2 believes any name. “Your orders” do not: there, Moor asks an OpenID Connect provider before a server sees the request.
<code>npm start</code> has started a real one, panva’s oidc-provider, at <code>${address}</code>. It knows alice and bob.</p>
${
  flow
    ? html`<p class="verdict">The provider has logged you in. It went like this:</p>
<ol class="flow">${stepsOf({ ...view, flow }).map(
        ({ id, title, text }) => html`<li data-step="${id}"><h3>${title}</h3><p>${text}</p></li>`,
      )}</ol>
<p class="open"><a href="/account">Open your orders</a></p>
<p><a href="/.moor/login?as=other&amp;to=/account">Log in as somebody else</a>: Moor asks the provider to show its form again.</p>
${logout()}`
    : html`<p class="verdict">The provider has not logged you in.</p>
<p class="open"><a href="/account">Open your orders</a></p>`
}
${providerSwitch(view)}
</section>`;
}

function logout(): Html {
  return html`<div class="logout"><h3>Log out</h3><p>${LOGOUT}</p>
<form method="post" action="/logout"><button>Log out here</button></form>
<form method="post" action="/.moor/logout?to=/"><button>Log out here and at the provider</button></form></div>`;
}

function providerSwitch(view: LoginPanelView): Html {
  const [next, text] = view.provider === "away" ? ["here", "Start the provider"] : ["away", "Kill the provider"];
  return html`<p class="advice"><strong>What to expect now.</strong> ${expectation(view)}</p>
<form method="post" action="/.demo/provider"><input type="hidden" name="to" value="${view.flow ? "/account" : "/"}">
<button class="${next}" name="state" value="${next}">${text}</button></form>`;
}
