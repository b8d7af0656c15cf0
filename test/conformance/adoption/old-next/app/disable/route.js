import { disabled } from "../../shop.js";

export function GET(request) {
  disabled.add(new URL(request.url).searchParams.get("user"));
  return Response.json({});
}
