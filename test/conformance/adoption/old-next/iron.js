import { getIronSession } from "iron-session";
import { cookies } from "next/headers";

/** The shop keeps its sessions with next-auth, or with iron-session if `KIND` says so. */
export const isIron = () => process.env.KIND === "iron-session";

export const options = {
  cookieName: "shop",
  password: "of the old shop alone, and of no worth",
  ttl: 14 * 86_400,
  cookieOptions: { secure: false },
};

export const ironSession = async () => getIronSession(await cookies(), options);
