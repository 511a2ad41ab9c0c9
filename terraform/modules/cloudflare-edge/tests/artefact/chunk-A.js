export default { fetch: () => new Response("test") };
