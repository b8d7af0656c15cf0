"use server";

import { session } from "moor/next";
import { redirect } from "next/navigation";

export async function login(form) {
  const visitor = await session();
  await visitor.login(String(form.get("user")));
  await visitor.set("since", "today");
  redirect("/");
}

export async function add(form) {
  const { attributes } = await session();
  // Two calls in a request have the same session.
  await (await session()).patch({ basket: { [form.get("item")]: 1 } });
  await (await session()).set("items", Object.keys(attributes.basket ?? {}).length + 1);
}

export async function fill(form) {
  await (await session()).set("notes", "x".repeat(Number(form.get("bytes"))));
}

export async function logout() {
  await (await session()).logout();
  redirect("/login");
}
