import { disabled } from "../../auth.js";

export function GET(request) {
  disabled.add(new URL(request.url).searchParams.get("user"));
  return Response.json({});
}
