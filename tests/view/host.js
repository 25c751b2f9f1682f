// The page around the view: the real AppBridge of the MCP Apps SDK, which the tests drive and listen to.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const frame = document.querySelector("iframe");
const heard = { sizes: [], messages: [], contexts: [] };

async function openView(capabilities, hostContext) {
  const bridge = new AppBridge(null, { name: "a host", version: "1" }, capabilities, { hostContext });
  bridge.oncalltool = ({ name, arguments: input }) => window.callTool(name, input);
  bridge.onmessage = async (params) => (heard.messages.push(params), {});
  bridge.onupdatemodelcontext = async (params) => (heard.contexts.push(params), {});
  bridge.onsizechange = (params) => {
    heard.sizes.push(params);
    frame.style.height = `${params.height}px`;
  };
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  await new Promise((resolve) => {
    bridge.oninitialized = resolve;
    frame.src = "/view";
  });
  Object.assign(window, { bridge });
}

Object.assign(window, { frame, heard, openView });
