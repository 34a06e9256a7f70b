"""What the API does: anyone reads products, staff changes them, customers order and upload."""

from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated

from ..models import Order, Product, Upload
from ..ordering import OutOfStock, place_order
from ..uploads import keep
from .serializers import OrderSerializer, ProductSerializer, UploadSerializer


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ProductViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.select_related("category")
    serializer_class = ProductSerializer
    lookup_field = "slug"


class OrderViewSet(mixins.CreateModelMixin, viewsets.ReadOnlyModelViewSet):
    serializer_class = OrderSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        own = Order.objects.filter(customer=self.request.user)
        return own.prefetch_related("lines__product")

    def perform_create(self, serializer):
        lines = serializer.validated_data["lines"]
        wanted = {line["product"]: line["quantity"] for line in lines}
        try:
            serializer.instance = place_order(self.request.user, wanted)
        except OutOfStock as error:
            raise Conflict(str(error)) from error


class UploadViewSet(mixins.CreateModelMixin, viewsets.ReadOnlyModelViewSet):
    serializer_class = UploadSerializer
    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    def get_queryset(self):
        return Upload.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        serializer.instance = keep(self.request.user, serializer.validated_data["file"])
