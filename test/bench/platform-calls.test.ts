/** @quick */
import { describe, expect, it } from "vitest";
import { callOf, platformCalls } from "../../bench/instructions/platform-calls.ts";

const WRAPPER = "INS_6server12_GLOBAL__N_129JsgWorkerdIsolate_TypeWrapperEXadsoKcL_";
const GET = `_ZN7workerd3jsg14MethodCallback${WRAPPER}ZZNS_3api7Headers15registerMembersINS0_19ResourceTypeBuilderIS4_S7_Lb0EEES7_EEvRT_NS_18CompatibilityFlags6ReaderEE4NAMEEEELb0ES7_MS7_FN2kj5MaybeINSF_6StringEEERNS0_4LockESH_EXadL_ZNS7_3getESK_SH_EENSF_1_7IndexesIJLm0EEEEE8callbackERKN2v820FunctionCallbackInfoINSR_5ValueEEE`;

describe("a call from JavaScript into workerd", () => {
  it.each([
    ["Headers.get", GET],
    [
      "Headers.delete",
      `_ZN7workerd3jsg14MethodCallback${WRAPPER}ZZNS_3api7Headers15registerMembersINS0_19ResourceTypeBuilderIS4_S7_Lb0EEES7_EEvRT_NS_18CompatibilityFlags6ReaderEE4NAME_5EEELb0ES7_MS7_FvN2kj6StringEEXadL_ZNS7_7delete_ESG_EENSF_1_7IndexesIJLm0EEEEE8callbackERKN2v820FunctionCallbackInfoINSN_5ValueEEE`,
    ],
    [
      "KeyIterator.next",
      `_ZN7workerd3jsg14MethodCallback${WRAPPER}ZZNS_3api7Headers11KeyIterator15registerMembersINS0_19ResourceTypeBuilderIS4_S8_Lb0EEES8_EEvRT_E4NAME_0EEELb0ES8_MS8_FNS0_12IteratorBaseIS8_N2kj6StringENS7_13IteratorStateISG_EEE4NextERNS0_4LockEEXadL_ZNS8_4nextESM_EENSF_1_7IndexesIJEEEE8callbackERKN2v820FunctionCallbackInfoINST_5ValueEEE`,
    ],
    [
      "setTimeout",
      `_ZN7workerd3jsg14MethodCallback${WRAPPER}ZZNS_3api24ServiceWorkerGlobalScope15registerMembersINS0_19ResourceTypeBuilderIS4_S7_Lb1EEES7_EEvRT_NS_18CompatibilityFlags6ReaderEE4NAME_4EEELb1ES7_MS7_FdRNS0_4LockENS0_8FunctionIFvNS0_9ArgumentsINS0_5V8RefIN2v85ValueEEEEEEEENS0_8OptionalIdEESN_EXadL_ZNS7_10setTimeoutESG_SP_SR_SN_EEN2kj1_7IndexesIJLm0ELm1ELm2EEEEE8callbackERKNSK_20FunctionCallbackInfoISL_EE`,
    ],
    [
      "Request.url",
      `_ZN7workerd3jsg22PropertyGetterCallback${WRAPPER}ZZNS_3api7Request15registerMembersINS0_19ResourceTypeBuilderIS4_S7_Lb0EEES7_EEvRT_NS_18CompatibilityFlags6ReaderEE4NAME_1EEEMS7_FN2kj9StringPtrEvEXadL_ZNS7_6getUrlEvEELb0EE8callbackERKN2v820FunctionCallbackInfoINSK_5ValueEEE`,
    ],
    [
      "JsRpcProperty.call",
      `_ZN7workerd3jsg14MethodCallback${WRAPPER}ZZNS0_19ResourceTypeBuilderIS4_NS_3api13JsRpcPropertyELb0EE16registerCallableIMS8_FNS0_3RefINS7_12JsRpcPromiseEEERKN2v820FunctionCallbackInfoINSE_5ValueEEEETnT_XadL_ZNS8_4callESJ_EEEEvvE4NAMEEEELb0ES8_SL_XadL_ZNS8_4callESJ_EEN2kj1_7IndexesIJEEEE8callbackESJ_`,
    ],
    [
      "new URL",
      "workerd::jsg::ConstructorCallback<workerd::server::(anonymous namespace)::JsgWorkerdIsolate_TypeWrapper, workerd::api::url::URL, workerd::jsg::Ref<workerd::api::url::URL> (workerd::jsg::Lock&), kj::_::Indexes<0ul> >::callback(v8::FunctionCallbackInfo<v8::Value> const&)",
    ],
    [
      "Fetcher[name]",
      "workerd::jsg::WildcardPropertyCallbacks<workerd::server::(anonymous namespace)::JsgWorkerdIsolate_TypeWrapper, workerd::api::Fetcher, kj::Maybe<workerd::jsg::Ref<workerd::api::JsRpcProperty> > (workerd::api::Fetcher::*)(workerd::jsg::Lock&, kj::String), &workerd::api::Fetcher::getRpcMethod>::getter(v8::Local<v8::Name>, v8::PropertyCallbackInfo<v8::Value> const&)",
    ],
  ])("is named as JavaScript writes it: %s", (name, symbol) => expect(callOf(symbol)).toBe(name));

  it("is no call inside workerd, and no part of an entry", () => {
    expect(callOf("workerd::api::Headers::get(workerd::jsg::Lock&, kj::String)")).toBeUndefined();
    expect(callOf(GET.replace("_ZN7", "_ZZN7"))).toBeUndefined();
  });

  it("is counted for each request, with the instructions of a call", () => {
    const under = new Map([
      ["Builtins_CallApiCallback", 5_000],
      ["Builtins_HandleApiCall", 1_000],
    ]);
    const counts = new Map([
      [GET, { self: 1, calls: 30, under }],
      ["workerd::api::Headers::get(workerd::jsg::Lock&, kj::String)", { self: 5_000, calls: 30, under: new Map() }],
    ]);
    expect(platformCalls(counts, 10)).toEqual([{ name: "Headers.get", times: 3, each: 200 }]);
  });
});
