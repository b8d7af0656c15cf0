declare module "hashring" {
  export default class HashRing {
    constructor(servers: string[], algorithm: string, options: { "max cache size": number });
    get(key: string): string;
    range(key: string, size: number): string[];
  }
}
