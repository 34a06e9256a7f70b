"""The shop's records as JSON."""

from rest_framework import serializers

from ..models import Category, Order, OrderLine, Product, Upload


class ProductSerializer(serializers.ModelSerializer):
    category = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all())

    class Meta:
        model = Product
        fields = ["id", "slug", "name", "category", "description", "price", "stock", "created"]


class OrderLineSerializer(serializers.ModelSerializer):
    product = serializers.SlugRelatedField(slug_field="slug", queryset=Product.objects.all())

    class Meta:
        model = OrderLine
        fields = ["product", "quantity", "unit_price"]
        read_only_fields = ["unit_price"]


class OrderSerializer(serializers.ModelSerializer):
    lines = OrderLineSerializer(many=True, allow_empty=False)
    total = serializers.DecimalField(max_digits=12, decimal_places=2, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "created", "lines", "total"]

    def validate_lines(self, lines):
        if len({line["product"] for line in lines}) < len(lines):
            raise serializers.ValidationError("a product may be in one line only")
        return lines


class UploadSerializer(serializers.ModelSerializer):
    class Meta:
        model = Upload
        fields = ["id", "file", "name", "size", "sha256", "created"]
        read_only_fields = ["name", "size", "sha256", "created"]
        extra_kwargs = {"file": {"write_only": True}}
