import { expect } from "vitest";
import type { Application } from "./application.ts";
import { fieldsOf } from "./browser.ts";

/** The acts of a visitor in a notebook: an application of the tests that shows a message once after each note. */
export const inNotebook: Pick<Application, "session" | "page" | "logIn" | "knows" | "openForm" | "logOut"> = {
  session: "Moor",
  page: "/",
  async logIn(browser) {
    const login = await browser.open("/");
    expect(login.path).toBe("/login");
    const known = { ...fieldsOf(login, "user"), user: "alice", password: "of alice" };
    const page = await browser.submit("/login", known);
    expect(page.text).toContain("Notes of alice");
  },
  knows: ({ text }) => text.includes("Notes of alice"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open("/"), "note");
    return async (note) => {
      const page = await browser.submit("/notes", { ...form, note });
      expect(page.text).toContain("The note is stored.");
      expect((await browser.open("/")).text).not.toContain("The note is stored.");
      return page;
    };
  },
  async logOut(browser) {
    const form = fieldsOf(await browser.open("/"), "leave");
    expect((await browser.submit("/logout", form)).path).toBe("/login");
  },
};
