/** The part of Next.js that moor/next uses. The package itself is a dependency of applications, and not of Moor. */
declare module "next/headers" {
  export function headers(): Promise<Headers>;
  export function cookies(): Promise<{
    get(name: string): { readonly value: string } | undefined;
    set(name: string, value: string, options: object): unknown;
  }>;
}
