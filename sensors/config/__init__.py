"""What a camera's data sheet says, part by part; sensors.camera_config puts the parts together."""
