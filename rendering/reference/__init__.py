"""The same scene, materials and light in a path tracer (Mitsuba 3): stills, and the oracle of our own shading.

What the path tracer gets is what rendering.scene.Scene has posed: `geometry` bakes every triangle into the scene's frame,
`surfaces` turns materials into scattering functions, `lights` turns the kernels' own sky table, sun and lamps into
emitters, `path_tracer` follows the very rays of a View, `still` makes a picture. The extra `reference` brings Mitsuba; nothing
else imports this package.

What the reference leaves out, and why: retroreflection (Mitsuba has none; such sheets are diffuse), textures of roads and
walls (their means are used; ours fade to those with distance, and stills may multiply them in), rain, drops and wetness, motion
blur (things stand at the middle of the window), and the weakening of a rough surface's diffuse light with the angle of view (its
mean is used). Haze is laid over the finished image by the kernels' closed form, so that both images have the same air.
"""
