import t from "tap";
import { millis } from "../core/units.ts";
import { Admission, networkOf } from "./admission.ts";
import { defaultLimits } from "./options.ts";

t.test("an address is an IPv4 address, or the network of an IPv6 one", (t) => {
  for (const [address, network] of [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", ""],
  ] as const)
    t.equal(networkOf(address), network, address);
  t.end();
});

t.test("connections of one network count together", (t) => {
  const admission = new Admission();
  const limits = { ...defaultLimits, connections: 3, connectionsPerAddress: 2 };
  t.ok(admission.enter("2001:db8::1", limits));
  t.ok(admission.enter("2001:db8::2", limits));
  t.notOk(admission.enter("2001:db8::3", limits), "a third of one network");
  t.ok(admission.enter("192.0.2.1", limits));
  t.notOk(admission.enter("192.0.2.2", limits), "a fourth in all");
  admission.leave("2001:db8::1");
  t.ok(admission.enter("2001:db8::3", limits));
  t.equal(admission.open, 3);
  t.end();
});

t.test(
  "an address may ask for so many tunnels at once and a second; a flood of it leaves no debt, and no other pays",
  (t) => {
    const admission = new Admission();
    const limits = { ...defaultLimits, upgradesPerSecond: 2, upgradeBurst: 5 };
    const ask = (address: string, at: number, times: number): number =>
      Array.from({ length: times }, () => admission.mayUpgrade(address, millis(at), limits)).filter(Boolean).length;
    t.equal(ask("192.0.2.1", 0, 1000), 5);
    t.equal(ask("192.0.2.2", 0, 3), 3);
    t.equal(ask("192.0.2.1", 1000, 1000), 2, "a second later");
    t.equal(ask("192.0.2.1", 60_000, 1000), 5, "and a minute later");
    t.end();
  },
);
